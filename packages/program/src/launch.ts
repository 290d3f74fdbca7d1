import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type BundleInit, bundledProgram } from './bundle.ts'

/** How processes of a program are started. */
export interface LaunchInit extends BundleInit {
  /** Flags of Node. */
  readonly flags: readonly string[]
}

/** Environment of a node's process: memory that a thread of the pool frees is used by the others. */
export const nodeEnvironment: Readonly<Record<string, string>> = { MALLOC_ARENA_MAX: '1' }

/**
 * Makes what many processes of a program are started from: the path to use in place of its main file. Bundled where that is
 * possible, and in Node's compile cache, so that none of them resolves modules, strips types or compiles.
 */
export async function prepareProgram(init: LaunchInit): Promise<string> {
  const main = (await bundledProgram(init)) ?? init.main
  const child = spawn(process.execPath, [...init.flags, main, '--warm-up'], { stdio: 'ignore' })
  await once(child, 'close').catch(() => {})
  return main
}
