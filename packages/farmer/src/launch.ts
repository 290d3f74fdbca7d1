import { fileURLToPath } from 'node:url'
import { nodeEnvironment, prepareProgram } from '@groundwork/program'

/** The program as it is written: run it with `node`, `farmerNodeFlags`, this, and `--config FILE`. */
export const farmerMain: URL = new URL('./main.mjs', import.meta.url)

/** Flags of Node for a farmer's process: a small heap is collected more often and stays small. */
export const farmerNodeFlags: readonly string[] = [
  '--max-semi-space-size=2',
  '--max-old-space-size=80',
  '--always-sparkplug',
  '--single-threaded-gc',
]

/** Environment of a farmer's process. */
export const farmerEnvironment: Readonly<Record<string, string>> = nodeEnvironment

/** The programs of its threads, by the names of their bundles; looked for only where somebody starts a farmer. */
export const farmerThreads = (): Readonly<Record<ThreadName, string>> => ({
  'check-thread': fileURLToPath(import.meta.resolve('@groundwork/physical-host/thread')),
  'vdf-thread': fileURLToPath(import.meta.resolve('@groundwork/vdf/thread')),
  'plot-thread': fileURLToPath(import.meta.resolve('@groundwork/proof-of-space/thread')),
})
export type ThreadName = 'check-thread' | 'vdf-thread' | 'plot-thread'

/** Makes what many farmers are started from: the path to use in place of `farmerMain`. */
export function prepareFarmer(): Promise<string> {
  return prepareProgram({
    name: 'farmer',
    main: fileURLToPath(farmerMain),
    threads: farmerThreads(),
    flags: farmerNodeFlags,
  })
}
