import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** The program: run it with `node`, `validatorNodeFlags`, this, and `--config FILE`. */
export const validatorMain: URL = new URL('./main.mjs', import.meta.url)

/** Flags of Node for a validator process: a small heap is collected more often and stays small. */
export const validatorNodeFlags: readonly string[] = ['--max-semi-space-size=2', '--max-old-space-size=64']

/** Environment of a validator process: memory that a thread of the pool frees is used by the others. */
export const validatorEnvironment: Readonly<Record<string, string>> = { MALLOC_ARENA_MAX: '1' }

/**
 * Fills Node's compile cache, so that the validators started next neither strip types nor compile: it saves each of them
 * about half a second of CPU and 10 MB. Costs about a second the first time; a failure is not one of the run.
 */
export async function warmUpValidator(): Promise<void> {
  const child = spawn(process.execPath, [fileURLToPath(validatorMain), '--warm-up'], { stdio: 'ignore' })
  await once(child, 'close').catch(() => {})
}
