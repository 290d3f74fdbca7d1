import { Agent, request } from 'node:http'
import { forcedItem } from '@groundwork/farmer'
import { toHex } from '@groundwork/primitives'
import type { PlannedNode } from '@groundwork/scenario'
import type { NodeOrders } from './misbehaviour.ts'
import type { SubmitAnswer } from './runtime.ts'

/** One node's HTTP API over kept-alive connections. Nothing rejects: a node that does not answer is an answer. */
export interface NodeClient {
  submit(transactions: readonly Uint8Array[]): Promise<readonly SubmitAnswer[]>
  /** Of a node that was started to obey. Why it did not take them; null if it did. */
  coerce(orders: NodeOrders): Promise<string | null>
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

/** Where a node takes transactions, and in what shape. */
export interface Intake {
  readonly path: string
  body(transactions: readonly Uint8Array[]): object
}

export const validatorIntake: Intake = {
  path: '/v1/transactions',
  body: (transactions) => ({ transactions: transactions.map(toHex) }),
}

/** A farmer puts them on the physical chain, as ones that have to be executed. */
export const farmerIntake: Intake = {
  path: '/v1/items',
  body: (transactions) => ({ items: transactions.map((bytes) => toHex(forcedItem(bytes))) }),
}

export function intakeOf({ role }: Pick<PlannedNode, 'role'>): Intake {
  return role === 'farmer' ? farmerIntake : validatorIntake
}

/** `base`: where its paths begin, if it is not the node itself that serves them. */
export function nodeClient(
  address: Address,
  intake: Intake = validatorIntake,
  base: string = '/v1/',
): NodeClient {
  const at = (path: string): string => path.replace('/v1/', base)
  const agent = new Agent({ keepAlive: true, maxSockets: 16, maxFreeSockets: 2 })
  return {
    submit: async (transactions) => {
      const { status, body } = await post(agent, address, at(intake.path), intake.body(transactions))
      const results = status === 200 ? resultsOf(body) : undefined
      const reason = status === 0 ? `unreachable (${body})` : `status ${status}`
      // Somebody on the way answers 502 for a node that does not.
      const reached = status !== 0 && status !== 502
      return transactions.map((_, i) => results?.[i] ?? { accepted: false, reason, reached })
    },
    coerce: async (orders) => {
      const { status, body } = await post(agent, address, at('/v1/coercion'), orders)
      return status === 200 ? null : status === 0 ? `unreachable (${body})` : `status ${status}: ${body}`
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
