import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { CodedError } from '@groundwork/primitives'
import { imageName } from '../docker/compose.ts'
import type { Engine } from '../docker/engine.ts'
import { repositoryRoot } from '../machine.ts'
import type { DaemonInfo, DockerFindings } from './docker.ts'
import { installNetem, type Platform } from './platform.ts'
import { type Probe, probe } from './probe.ts'

/** How links would be emulated in containers. null: not possible; undefined: not known. */
export type Interpreter = 'netem' | 'packets' | null | undefined

export interface WanFindings {
  readonly probes: readonly Probe[]
  readonly interpreter: Interpreter
}

/** What a trial said: `available`, or what an interpreter lacks; null if it could not be tried. */
export interface Trial {
  readonly netem: string | null
  readonly tun: string | null
  /** Where it was made. */
  readonly where: string
}

/**
 * Tries netem and TUN on the daemon's kernel: in a container with exactly what the router gets or, without an image, in
 * a network namespace of this machine if it has the same kernel. Both are gone a second later.
 */
export async function wanProbes(
  engine: Engine,
  docker: DockerFindings,
  system: Platform,
): Promise<WanFindings> {
  const { daemon, image } = docker
  if (daemon === null) return { probes: [], interpreter: undefined }
  const trial =
    (image === 'absent' ? null : await tryInContainer(engine)) ?? (await tryInNamespace(daemon, system))
  return judgeTrial(trial, system, existsSync(moduleFile(system)))
}

/** `module`: the kernel's module is on the disk. */
export function judgeTrial(trial: Trial | null, system: Platform, module: boolean): WanFindings {
  const unknown = 'cannot be found out before the image is built; the router finds out'
  if (trial === null)
    return { probes: [probe('containers', 'netem', 'unknown', unknown)], interpreter: undefined }
  const { netem, tun, where } = trial
  const probes: Probe[] = []
  if (netem === null) probes.push(probe('containers', 'netem', 'unknown', unknown))
  else if (netem.startsWith('available'))
    probes.push(probe('containers', 'netem', 'ok', `${netem} (tried ${where})`))
  else {
    const instead = tun === 'available' ? '; packets takes its place' : ''
    const mend = installNetem(system, module)
    probes.push(probe('containers', 'netem', 'warn', `${netem} (tried ${where})${instead}`, mend))
  }
  const usable = netem?.startsWith('available') ?? false
  if (tun === 'available') probes.push(probe('containers', 'tun', 'ok', `/dev/net/tun (tried ${where})`))
  else if (tun !== null)
    probes.push(probe('containers', 'tun', usable ? 'warn' : 'missing', tun, 'sudo modprobe tun'))
  const interpreter = usable ? 'netem' : netem === null ? undefined : tun === 'available' ? 'packets' : null
  return { probes, interpreter }
}

const chooser = 'packages/wan/src/router/choose.ts'
const marker = 'groundwork-trial '

/** Lets the router's own code try. */
function script(root: string): string {
  const url = pathToFileURL(join(root, chooser)).href
  return `const { chooseInterpreter } = await import(${JSON.stringify(url)})
const reasons = await chooseInterpreter('auto').then((choice) => choice.reasons, (error) => ({ error: error.message }))
console.log(${JSON.stringify(marker)} + JSON.stringify(reasons))`
}

const nodeArguments = (root: string): string[] => ['--input-type=module', '--eval', script(root)]
const trialTimeoutMs = 20_000

async function tryInContainer(engine: Engine): Promise<Trial | null> {
  const image = process.env.GROUNDWORK_IMAGE || imageName
  const privileges = ['--user', '0:0', '--cap-drop', 'ALL', '--cap-add', 'NET_ADMIN', '--read-only']
  const own = ['run', '--rm', '--network', 'none', ...privileges]
  const program = ['--entrypoint', 'node', image, ...nodeArguments('/app')]
  const where = 'in a container'
  const attempt = async (device: readonly string[]): Promise<Trial | null> =>
    parseTrial(await engine.run([...own, ...device, ...program], { timeoutMs: trialTimeoutMs }), where)
  try {
    return await attempt(['--device', '/dev/net/tun'])
  } catch (error) {
    if (!(error instanceof CodedError)) throw error
    if (!/\/dev\/net\/tun/.test(error.message)) return null
    return attempt([]).catch(() => null)
  }
}

/** Only of this machine's own kernel; packets needs what may not be installed here, so that says nothing of the image. */
async function tryInNamespace(daemon: DaemonInfo, system: Platform): Promise<Trial | null> {
  if (daemon.KernelVersion !== system.release || process.platform !== 'linux') return null
  const tun = existsSync('/dev/net/tun') ? 'available' : 'there is no /dev/net/tun'
  const where = 'in a network namespace'
  const root = process.getuid?.() === 0 ? [] : ['--map-root-user']
  const args = ['--net', ...root, process.execPath, ...nodeArguments(repositoryRoot)]
  const said = await new Promise<string>((resolve) =>
    execFile('unshare', args, { timeout: trialTimeoutMs }, (_error, stdout) => resolve(stdout)),
  )
  const trial = parseTrial(said, where)
  const netem = trial === null || /is not installed|ENOENT/.test(trial.netem ?? '') ? null : trial.netem
  return { netem, tun, where }
}

/** From what the script printed; null if it did not get so far. */
export function parseTrial(text: string, where: string): Trial | null {
  const line = text.split('\n').find((one) => one.startsWith(marker))
  if (line === undefined) return null
  const said = JSON.parse(line.slice(marker.length)) as {
    readonly netem?: string
    readonly packets?: string
    readonly error?: string
  }
  if (said.error !== undefined) {
    const [, netem, packets] = /netem: (.*); packets: (.*)$/.exec(said.error) ?? []
    return netem === undefined ? null : { netem, tun: packets ?? null, where }
  }
  return { netem: said.netem ?? null, tun: said.packets ?? null, where }
}

function moduleFile({ release }: Platform): string {
  const folder = `/lib/modules/${release}/kernel/net/sched/sch_netem.ko`
  return ['', '.xz', '.zst', '.gz'].map((end) => `${folder}${end}`).find((path) => existsSync(path)) ?? folder
}
