import { fileURLToPath } from 'node:url'
import { nodeEnvironment, prepareProgram } from '@groundwork/program'

/** The program as it is written: run it with `node`, `validatorNodeFlags`, this, and `--config FILE`. */
export const validatorMain: URL = new URL('./main.mjs', import.meta.url)

/**
 * Flags of Node for a validator process. A small heap is collected more often and stays small. A process that does little
 * at a time and much of it once would stay in the interpreter for minutes: compiled at once, it takes a sixth less CPU.
 */
export const validatorNodeFlags: readonly string[] = [
  '--max-semi-space-size=2',
  '--max-old-space-size=96',
  '--always-sparkplug',
]

/** Environment of a validator process. */
export const validatorEnvironment: Readonly<Record<string, string>> = nodeEnvironment

/** The programs of its threads, by the names of their bundles; looked for only where somebody starts a validator. */
export const validatorThreads = (): Readonly<Record<'check-thread', string>> => ({
  'check-thread': fileURLToPath(import.meta.resolve('@groundwork/physical-host/thread')),
})

/** Makes what many validators are started from: the path to use in place of `validatorMain`. */
export function prepareValidator(): Promise<string> {
  return prepareProgram({
    name: 'validator',
    main: fileURLToPath(validatorMain),
    threads: validatorThreads(),
    flags: validatorNodeFlags,
  })
}
