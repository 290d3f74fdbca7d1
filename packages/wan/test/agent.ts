import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { NamespaceNode } from './namespaces.ts'
import type { AgentCommand, AgentReport } from './udp-agent.ts'

/** The other end of a process of udp-agent.ts. */
export interface Agent {
  readonly address: string
  tell(command: AgentCommand): void
  /** For commands that are answered. */
  ask(command: AgentCommand & { readonly kind: 'open' | 'peer' }): Promise<AgentReport>
  listen(channel: number, listener: AgentListener): void
  /** Resolves when all that has happened there by now has been reported. */
  sync(): Promise<void>
  lagMsMax(): number
  damaged(): number
  stop(): Promise<void>
}

export interface AgentListener {
  sent(message: number, ms: number): void
  arrived(message: number, ms: number): void
  refused(): void
}

const program = fileURLToPath(new URL('./udp-agent.ts', import.meta.url))

export function startAgent({ namespace, address }: NamespaceNode): Agent {
  const child = spawn('ip', ['netns', 'exec', namespace, process.execPath, program], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const listeners = new Map<number, AgentListener>()
  const asked = new Map<string, (report: AgentReport) => void>()
  const syncs: (() => void)[] = []
  let last = { lagMsMax: 0, damaged: 0 }
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()))

  createInterface({ input: child.stdout }).on('line', (line) => {
    const report = JSON.parse(line) as AgentReport
    switch (report.kind) {
      case 'opened':
      case 'connected':
        return asked.get(`${report.kind} ${report.channel}`)?.(report)
      case 'sent':
      case 'arrived':
        return listeners.get(report.channel)?.[report.kind](report.message, report.ms)
      case 'refused':
        return listeners.get(report.channel)?.refused()
      case 'synced':
        last = report
        syncs.shift()?.()
    }
  })
  const tell = (command: AgentCommand): void => void child.stdin.write(`${JSON.stringify(command)}\n`)

  return {
    address,
    tell,
    ask: (command) =>
      new Promise((resolve) => {
        asked.set(`${command.kind === 'open' ? 'opened' : 'connected'} ${command.channel}`, resolve)
        tell(command)
      }),
    listen: (channel, listener) => listeners.set(channel, listener),
    sync: () =>
      new Promise((resolve) => {
        syncs.push(resolve)
        tell({ kind: 'sync' })
      }),
    lagMsMax: () => last.lagMsMax,
    damaged: () => last.damaged,
    async stop() {
      child.stdin.end()
      await closed
    },
  }
}
