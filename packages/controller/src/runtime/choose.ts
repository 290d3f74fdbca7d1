import { CodedError } from '@groundwork/primitives'
import type { RuntimeName, Scenario } from '@groundwork/scenario'
import { type DockerOptions, dockerRuntime } from './docker.ts'
import { processRuntime } from './process.ts'
import type { Runtime } from './runtime.ts'
import { simulatedRuntime } from './simulated.ts'

/** The runtimes that this program has, by name, as they are unless somebody wants them otherwise. */
export const runtimes: Readonly<Record<RuntimeName, Runtime>> = {
  simulated: simulatedRuntime,
  process: processRuntime,
  // Not before it is asked for: what the environment says of it may be wrong.
  get docker() {
    return dockerRuntime()
  },
}

/** With what a person chose of the emulated network. Throws `USAGE` for choices that the runtime does not have. */
export function chooseRuntime(name: RuntimeName, options: DockerOptions): Runtime {
  const { wan, subnet } = options
  if (name === 'docker') return dockerRuntime({ wan, subnet })
  const given = wan !== undefined ? '--wan' : subnet !== undefined ? '--subnet' : null
  if (given !== null) throw new CodedError('USAGE', `${given} goes with --runtime docker`)
  return runtimes[name]
}

/** For whoever named none: processes, and for the many runs of a sweep the simulator, where the scenario makes sense there. */
export function defaultRuntime({
  sweep,
  runtimes: sensible,
}: Pick<Scenario, 'sweep' | 'runtimes'>): RuntimeName {
  const wanted: RuntimeName = sweep === null ? 'process' : 'simulated'
  return sensible.includes(wanted) ? wanted : (sensible[0] ?? wanted)
}
