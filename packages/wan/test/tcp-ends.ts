import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { NamespaceNode } from './namespaces.ts'
import type { TcpReport } from './tcp-agent.ts'

/** A process of tcp-agent.ts. */
export interface TcpEnd {
  readonly reports: readonly TcpReport[]
  /** Resolves with the first report, made already or to come, that passes. */
  until<K extends TcpReport['kind']>(
    kind: K,
    passes?: (report: TcpReport & { readonly kind: K }) => boolean,
  ): Promise<TcpReport & { readonly kind: K }>
  stop(): Promise<void>
}

const program = fileURLToPath(new URL('./tcp-agent.ts', import.meta.url))
const lookEveryMs = 5

function startEnd({ namespace }: NamespaceNode, ...args: string[]): TcpEnd {
  const child = spawn('ip', ['netns', 'exec', namespace, process.execPath, program, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const reports: TcpReport[] = []
  createInterface({ input: child.stdout }).on('line', (line) => reports.push(JSON.parse(line) as TcpReport))
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()))
  return {
    reports,
    async until(kind, passes = () => true) {
      type Wanted = TcpReport & { readonly kind: typeof kind }
      for (;;) {
        const found = reports.find((report) => report.kind === kind && passes(report as Wanted))
        if (found !== undefined) return found as Wanted
        await sleep(lookEveryMs)
      }
    },
    async stop() {
      child.stdin.end()
      await closed
    },
  }
}

/** Resolves when it listens. */
export async function tcpServer(node: NamespaceNode): Promise<TcpEnd & { readonly port: number }> {
  const end = startEnd(node, 'serve')
  const { port } = await end.until('listening')
  return { ...end, port }
}

export function tcpDialer(node: NamespaceNode, address: string, port: number): TcpEnd {
  return startEnd(node, 'dial', address, `${port}`)
}
