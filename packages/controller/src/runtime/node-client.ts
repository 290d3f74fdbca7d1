import { Agent, request } from 'node:http'
import { toHex } from '@groundwork/primitives'
import type { SubmitAnswer } from './runtime.ts'

/** One node's HTTP API over kept-alive connections. Nothing rejects: a node that does not answer is an answer. */
export interface NodeClient {
  submit(transactions: readonly Uint8Array[]): Promise<readonly SubmitAnswer[]>
  close(): void
}

export interface Address {
  readonly host: string
  readonly port: number
}

interface Answer {
  /** 0: nobody answered. */
  readonly status: number
  readonly body: string
}

const maxBodyChars = 1 << 20

/** `path`: of the intake, where the node itself does not serve it. */
export function nodeClient(address: Address, path: string = '/v1/transactions'): NodeClient {
  const agent = new Agent({ keepAlive: true, maxSockets: 16, maxFreeSockets: 2 })
  return {
    submit: async (transactions) => {
      const { status, body } = await post(agent, address, path, {
        transactions: transactions.map(toHex),
      })
      const results = status === 200 ? resultsOf(body) : undefined
      const reason = status === 0 ? `unreachable (${body})` : `status ${status}`
      // Somebody on the way answers 502 for a node that does not.
      const reached = status !== 0 && status !== 502
      return transactions.map((_, i) => results?.[i] ?? { accepted: false, reason, reached })
    },
    close: () => agent.destroy(),
  }
}

function resultsOf(body: string): readonly SubmitAnswer[] {
  try {
    const { results } = JSON.parse(body) as {
      results: readonly { accepted: boolean; reason: string | null }[]
    }
    return results.map(({ accepted, reason }) => ({ accepted, reason, reached: true }))
  } catch {
    return []
  }
}

function post(agent: Agent, { host, port }: Address, path: string, value: unknown): Promise<Answer> {
  const payload = Buffer.from(JSON.stringify(value))
  const headers = { 'content-type': 'application/json', 'content-length': payload.length }
  return new Promise((resolve) => {
    const failed = (error: NodeJS.ErrnoException): void =>
      resolve({ status: 0, body: error.code ?? error.message })
    const outgoing = request({ agent, host, port, path, method: 'POST', headers }, (incoming) => {
      let body = ''
      incoming.setEncoding('utf8')
      incoming.on('data', (piece: string) => {
        if (body.length < maxBodyChars) body += piece
      })
      incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, body }))
      incoming.on('error', failed)
    })
    outgoing.on('error', failed)
    outgoing.end(payload)
  })
}
