import type { Server } from 'node:http'
import type { Account } from '@groundwork/ledger'
import { CodedError, fromHex, toHex } from '@groundwork/primitives'
import type { FinalizedBlock } from '@groundwork/stake-core'
import { serve } from '@hono/node-server'
import { type Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { streamSSE } from 'hono/streaming'
import * as z from 'zod'
import { describe } from './config.ts'
import type { EventHub } from './event-hub.ts'
import type { SubmitResult } from './intake.ts'

/** `GET /v1/status`. */
export interface StatusAnswer {
  readonly version: 1
  readonly name: string
  readonly validator: number
  readonly chainId: string
  readonly epoch: number
  /** listening: not voting yet, looking out for another process with the same key; following: not voting at all. */
  readonly mode: 'listening' | 'validating' | 'following'
  readonly view: number
  readonly leader: number
  readonly finalView: number
  readonly finalHeight: number
  readonly finalHash: string
  readonly stateRoot: string
  readonly peers: readonly string[]
  readonly mempool: number
  readonly uptimeMs: number
  readonly byzantine: readonly string[]
}

export interface ApiInit {
  status(): StatusAnswer
  blockByHash(hash: Uint8Array): Promise<FinalizedBlock | undefined>
  blockByHeight(height: number): Promise<FinalizedBlock | undefined>
  account(address: Uint8Array): Promise<Account>
  submit(encoded: readonly string[]): SubmitResult[]
  readonly hub: EventHub
  readonly metrics: { readonly contentType: string; expose(): Promise<string> }
  /** An error of ours, not of the client. */
  onError(error: unknown): void
}

const maxTransactions = 1_000
const maxTransactionHex = 2 * 4_096
const maxBodyBytes = 1024 * 1024
/** A comment keeps proxies from closing a quiet stream, and finds a client that went away. */
const keepAliveMs = 10_000

const submission = z.strictObject({
  transactions: z.array(z.string().max(maxTransactionHex)).max(maxTransactions),
})

export function createApi(init: ApiInit): Hono {
  const app = new Hono()
  const refuse = (context: Context, status: 400 | 404 | 413 | 503, error: string, message: string) =>
    context.json({ error, message }, status)

  app.get('/healthz', (context) => context.text('ok\n'))
  app.get('/v1/status', (context) => context.json(init.status()))

  app.get('/v1/blocks/:id', async (context) => {
    const id = context.req.param('id')
    const isHash = /^[0-9a-f]{64}$/.test(id)
    if (!isHash && !/^\d{1,15}$/.test(id)) {
      return refuse(
        context,
        400,
        'BLOCK_ID',
        'expected a height or a hash of 64 lower-case hexadecimal digits',
      )
    }
    const block = await (isHash ? init.blockByHash(fromHex(id, 32)) : init.blockByHeight(Number(id)))
    if (block === undefined) return refuse(context, 404, 'BLOCK_UNKNOWN', 'no such finalized block')
    return context.json(blockAnswer(block))
  })

  app.get('/v1/accounts/:address', async (context) => {
    const address = context.req.param('address')
    if (!/^[0-9a-f]{64}$/.test(address)) {
      return refuse(
        context,
        400,
        'ACCOUNT_ADDRESS',
        'expected a public key of 64 lower-case hexadecimal digits',
      )
    }
    const { balance, nonce } = await init.account(fromHex(address, 32))
    return context.json({ balance: balance.toString(), nonce })
  })

  app.post(
    '/v1/transactions',
    bodyLimit({
      maxSize: maxBodyBytes,
      onError: (context) => refuse(context, 413, 'BODY_TOO_LARGE', `at most ${maxBodyBytes} bytes`),
    }),
    async (context) => {
      let body: unknown
      try {
        body = await context.req.json()
      } catch {
        return refuse(context, 400, 'BODY_JSON', 'expected a JSON object { "transactions": [hex, ...] }')
      }
      const parsed = submission.safeParse(body)
      if (!parsed.success) return refuse(context, 400, 'BODY_INVALID', describe(parsed.error))
      return context.json({ results: init.submit(parsed.data.transactions) })
    },
  )

  app.get('/v1/events', (context) => {
    const listener = init.hub.listen()
    if (listener === null) return refuse(context, 503, 'LISTENERS', 'too many listeners')
    return streamSSE(context, async (stream) => {
      stream.onAbort(() => listener.close())
      const keepAlive = setInterval(() => void stream.write(':\n\n'), keepAliveMs)
      try {
        for (let batch = await listener.next(); batch !== null; batch = await listener.next()) {
          if (batch.dropped > 0) await stream.writeSSE({ event: 'dropped', data: String(batch.dropped) })
          for (const record of batch.records) await stream.writeSSE({ data: JSON.stringify(record) })
        }
      } finally {
        clearInterval(keepAlive)
        listener.close()
      }
    })
  })

  app.get('/metrics', async (context) =>
    context.text(await init.metrics.expose(), 200, { 'content-type': init.metrics.contentType }),
  )

  app.notFound((context) => refuse(context, 404, 'NOT_FOUND', `no ${context.req.method} ${context.req.path}`))
  app.onError((error, context) => {
    init.onError(error)
    return context.json({ error: 'INTERNAL', message: 'internal error' }, 500)
  })
  return app
}

function blockAnswer({ block, hash, transactionIds }: FinalizedBlock) {
  const { header } = block
  return {
    hash: toHex(hash),
    height: header.height,
    view: header.view,
    parentHash: toHex(header.parentHash),
    parentView: header.parentView,
    proposer: header.proposer,
    stateRoot: toHex(header.stateRoot),
    transactionsRoot: toHex(header.transactionsRoot),
    skips: block.justification.skips.length,
    transactions: transactionIds.map((id, i) => ({
      id: toHex(id),
      bytes: toHex(block.body[i] as Uint8Array),
    })),
  }
}

export interface ApiServer {
  readonly address: { readonly host: string; readonly port: number }
  close(): Promise<void>
}

/** Throws `API_LISTEN`. */
export function serveApi(
  app: Hono,
  listen: { readonly host: string; readonly port: number },
): Promise<ApiServer> {
  return new Promise((resolve, reject) => {
    const server = serve(
      { fetch: app.fetch, hostname: listen.host, port: listen.port, overrideGlobalObjects: false },
      ({ port }) => {
        resolve({
          address: { host: listen.host, port },
          close: () =>
            new Promise((done) => {
              server.close(() => done())
              server.closeAllConnections()
            }),
        })
      },
    ) as Server
    server.requestTimeout = 10_000
    server.maxConnections = 256
    server.on('error', (error: NodeJS.ErrnoException) => {
      const reason = error.code === 'EADDRINUSE' ? 'the port is in use' : error.message
      reject(new CodedError('API_LISTEN', `API: cannot listen on ${listen.host}:${listen.port}: ${reason}`))
    })
  })
}
