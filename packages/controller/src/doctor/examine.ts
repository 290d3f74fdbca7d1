import { dockerEngine, type Engine } from '../docker/engine.ts'
import { dockerProbes } from './docker.ts'
import { findLeftovers, type Leftover } from './leftovers.ts'
import { machineProbes, thisPlatform } from './machine.ts'
import type { Probe } from './probe.ts'
import { type Interpreter, wanProbes } from './wan.ts'

/** What was found on this machine. */
export interface Examination {
  readonly probes: readonly Probe[]
  /** Whether a runtime can run here, with what it would emulate the network, or what is in its way. */
  readonly runtimes: Readonly<Record<'simulated' | 'process' | 'docker', Readiness>>
  readonly leftovers: readonly Leftover[]
  /** null: no daemon answers. */
  readonly engine: Engine | null
}

export interface Readiness {
  readonly ready: boolean
  /** How links are emulated, or what is missing. */
  readonly detail: string
}

/** Looks at everything; starts nothing that is still there a second later. `base`: the folder of runs. */
export async function examine(base: string, engine: Engine = dockerEngine()): Promise<Examination> {
  const system = thisPlatform()
  const machine = await machineProbes(system, base)
  // Whatever listens on the port of the default network is known by then.
  const docker = await dockerProbes(engine, system)
  const reachable = docker.daemon === null ? null : engine
  const wan = await wanProbes(engine, docker, system)
  const probes = [...machine, ...docker.probes, ...wan.probes]
  return {
    probes,
    runtimes: readiness(probes, wan.interpreter),
    leftovers: await findLeftovers(reachable, base),
    engine: reachable,
  }
}

const insteads: Readonly<Record<'netem' | 'packets', string>> = {
  netem: 'netem, in the kernel',
  packets: 'packets, a scheduler of IP packets behind a TUN device',
}

/** Pure. */
export function readiness(probes: readonly Probe[], interpreter: Interpreter): Examination['runtimes'] {
  const missing = (...groups: readonly Probe['group'][]): string[] =>
    probes
      .filter(({ group, status }) => groups.includes(group) && status === 'missing')
      .map(({ name }) => name)
  const of = (lacks: readonly string[], detail: string): Readiness =>
    lacks.length === 0 ? { ready: true, detail } : { ready: false, detail: `missing: ${lacks.join(', ')}` }
  // Virtual time needs neither sockets nor much of a machine.
  const simulated = missing('machine').filter((name) => name === 'node')
  const docker = missing('machine', 'containers')
  const none = interpreter === null && !docker.includes('netem') ? ['a way to emulate links'] : []
  const how =
    interpreter === null || interpreter === undefined
      ? 'netem or packets, as the router finds'
      : insteads[interpreter]
  return {
    simulated: of(simulated, 'virtual time, every fault, exactly'),
    process: of(missing('machine'), 'one TCP relay per link: delay, jitter, rate and cuts, no packet loss'),
    docker: of([...docker, ...(docker.includes('tun') ? [] : none)], how),
  }
}
