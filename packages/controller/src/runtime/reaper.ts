import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { ProcessIdentity } from './process-identity.ts'

/** Ends what a killed controller leaves behind, paused processes included. */
export interface Reaper {
  readonly pid: number
  watch(ward: ProcessIdentity): void
  release(pid: number): void
  /** Ends whoever is still watched, and itself. */
  close(): Promise<void>
}

export function startReaper(): Reaper {
  const main = fileURLToPath(new URL('../reaper-main.ts', import.meta.url))
  // A session of its own: Ctrl-C in the terminal must not reach it.
  const child = spawn(process.execPath, ['--max-semi-space-size=1', main], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  const exited = once(child, 'exit').catch(() => {})
  const { stdin } = child
  // A reaper that is gone cannot be told anything; the children still end by their standard input.
  stdin.on('error', () => {})
  return {
    pid: child.pid ?? 0,
    watch: ({ pid, startTime }) => void stdin.write(`+${pid} ${startTime ?? '-'}\n`),
    release: (pid) => void stdin.write(`-${pid}\n`),
    close: async () => {
      stdin.end()
      await exited
    },
  }
}
