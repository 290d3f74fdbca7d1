import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { bundledValidator } from './bundle.ts'

/** The program as it is written: run it with `node`, `validatorNodeFlags`, this, and `--config FILE`. */
export const validatorMain: URL = new URL('./main.mjs', import.meta.url)

/**
 * Flags of Node for a validator process. A small heap is collected more often and stays small. A process that does little
 * at a time and much of it once would stay in the interpreter for minutes: compiled at once, it takes a sixth less CPU.
 */
export const validatorNodeFlags: readonly string[] = [
  '--max-semi-space-size=2',
  '--max-old-space-size=64',
  '--always-sparkplug',
  '--single-threaded-gc',
]

/** Environment of a validator process: memory that a thread of the pool frees is used by the others. */
export const validatorEnvironment: Readonly<Record<string, string>> = { MALLOC_ARENA_MAX: '1' }

/**
 * Makes what many validators are started from: the path to use in place of `validatorMain`. Bundled where that is
 * possible, and in Node's compile cache, so that none of them resolves modules, strips types or compiles.
 */
export async function prepareValidator(): Promise<string> {
  const main = (await bundledValidator()) ?? fileURLToPath(validatorMain)
  const child = spawn(process.execPath, [...validatorNodeFlags, main, '--warm-up'], { stdio: 'ignore' })
  await once(child, 'close').catch(() => {})
  return main
}
