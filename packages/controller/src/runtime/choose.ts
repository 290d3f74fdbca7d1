import type { RuntimeName } from '@groundwork/scenario'
import { processRuntime } from './process.ts'
import type { Runtime } from './runtime.ts'
import { simulatedRuntime } from './simulated.ts'

/** The runtimes that this program has, by name. */
export const runtimes: Readonly<Record<Exclude<RuntimeName, 'docker'>, Runtime>> = {
  simulated: simulatedRuntime,
  process: processRuntime,
}
