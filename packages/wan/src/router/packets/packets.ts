import { spawn } from 'node:child_process'
import { basename, delimiter, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { assert, CodedError } from '@groundwork/primitives'
import { capabilitiesOf } from '../../link-model.ts'
import type { InterpreterInit, InterpreterStats, LinkInterpreter } from '../interpreter.ts'
import { clearDevice, deviceName, leadIntoDevice, widestMtu } from './device.ts'
import type { Answer, Command } from './wire.ts'

/**
 * Interprets the link table in a program of its own, through which all packets between the nodes go, for kernels
 * without netem. Throws a CodedError: `router-tun` if there is no TUN device for it, `router-tool` if ip refuses.
 */
export async function openPackets(init: InterpreterInit): Promise<LinkInterpreter> {
  const openedMs = performance.now()
  const interfaces = init.nodes.map((node) => node.interface)
  const mtu = await widestMtu(interfaces)
  await clearDevice()
  const emulation = startProcess()
  let undo: () => Promise<unknown> = async () => {}
  const close = async (): Promise<void> => {
    // Rules first: what comes meanwhile shall not wait for a device that is gone.
    await clearDevice()
    await emulation.kill()
    await undo()
  }
  try {
    const { nodes, links, seed } = init
    await emulation.ask({ kind: 'open', network: { nodes, links, seed }, device: deviceName, mtu })
    undo = await leadIntoDevice(interfaces, mtu)
  } catch (error) {
    await close()
    throw error
  }
  return {
    capabilities: capabilitiesOf('packets'),
    broken: emulation.broken,
    async apply(links) {
      await emulation.ask({ kind: 'links', links })
    },
    async stats() {
      const answer = await emulation.ask({ kind: 'stats' })
      assert(answer.kind === 'stats', 'stats were asked for')
      return statsOf(init, answer, performance.now() - openedMs)
    },
    close,
  }
}

function statsOf(
  { nodes }: InterpreterInit,
  { counters, missed, saturatedSeconds, cpuMs }: Answer & { readonly kind: 'stats' },
  forMs: number,
): InterpreterStats {
  const by = { ...counters.dropped, overload: counters.dropped.overload + missed }
  const pairs = nodes.flatMap(({ name: from }) =>
    nodes.filter(({ name }) => name !== from).map(({ name: to }) => ({ from, to })),
  )
  return {
    interpreter: 'packets',
    forMs,
    packets: counters.packets + missed,
    bytes: counters.bytes,
    delivered: counters.delivered,
    dropped: { total: Object.values(by).reduce((sum, count) => sum + count, 0), by },
    queued: counters.queued,
    lateness: counters.lateness,
    saturatedSeconds,
    cpuMs,
    links: pairs.map((pair, i) => {
      const count = counters.links[i]
      assert(count !== undefined, 'every link is counted')
      return { ...pair, ...count }
    }),
  }
}

interface EmulatorProcess {
  /** Rejects with a CodedError `router-tun`. */
  ask(command: Command): Promise<Answer>
  readonly broken: Promise<Error>
  kill(): Promise<void>
}

/** socat makes the TUN device and becomes the program, whose standard input and output the device then is. */
function startProcess(): EmulatorProcess {
  const program = fileURLToPath(new URL('./main.ts', import.meta.url))
  const child = spawn(
    'socat',
    [
      `TUN,tun-name=${deviceName},iff-no-pi`,
      `EXEC:${basename(process.execPath)} ${basename(program)},nofork`,
    ],
    {
      cwd: dirname(program),
      env: { ...process.env, PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH ?? ''}` },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    },
  )
  const waiting: { resolve(answer: Answer): void; reject(error: Error): void }[] = []
  let failure: CodedError | null = null
  let lastWords = ''
  let expected = false
  let tellBroken: (error: Error) => void = () => {}
  const broken = new Promise<Error>((resolve) => {
    tellBroken = resolve
  })
  const fail = (reason: string): void => {
    failure ??= new CodedError('router-tun', `packets cannot go through a program: ${reason}`)
    for (const { reject } of waiting.splice(0)) reject(failure)
    if (!expected) tellBroken(failure)
  }
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    lastWords = `${lastWords}${text}`.slice(-2000)
  })
  child.on('message', (answer: Answer) => {
    if (answer.kind === 'broken') fail(answer.message)
    else waiting.shift()?.resolve(answer)
  })
  const closed = new Promise<void>((resolve) => {
    child.once('error', ({ message }) => {
      fail(message)
      resolve()
    })
    child.once('close', (code, signal) => {
      const words = lastWords.split('\n').find((line) => /Error| E /.test(line)) ?? ''
      fail(`it ended (${signal ?? `exit ${code}`})${words === '' ? '' : `: ${words.trim()}`}`)
      resolve()
    })
  })
  return {
    broken,
    ask(command) {
      if (failure !== null) return Promise.reject(failure)
      const answer = new Promise<Answer>((resolve, reject) => waiting.push({ resolve, reject }))
      child.send(command)
      return answer
    },
    async kill() {
      expected = true
      child.kill('SIGKILL')
      await closed
    },
  }
}
