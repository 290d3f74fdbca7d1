import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { ProcessIdentity } from './process-identity.ts'

/** Ends what a killed controller leaves behind, paused processes included. */
export interface Reaper {
  readonly pid: number
  /** `group`: with all processes of the group that it leads. */
  watch(ward: ProcessIdentity, group?: boolean): void
  release(pid: number): void
  /** A command, without a shell, that is run at the end after everybody was ended; several run in this order. */
  runAtEnd(command: readonly string[]): void
  /** Nothing is left to be run at the end. */
  forgetCommands(): void
  /** Ends whoever is still watched, runs what is to be run at the end, and ends. */
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
    watch: ({ pid, startTime }, group = false) =>
      void stdin.write(`+${group ? 'g' : ''}${pid} ${startTime ?? '-'}\n`),
    release: (pid) => void stdin.write(`-${pid}\n`),
    runAtEnd: (command) => void stdin.write(`!${JSON.stringify(command)}\n`),
    forgetCommands: () => void stdin.write('!\n'),
    close: async () => {
      stdin.end()
      await exited
    },
  }
}
