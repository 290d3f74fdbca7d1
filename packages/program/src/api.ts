import type { Server } from 'node:http'
import { CodedError, fromHex } from '@groundwork/primitives'
import { serve } from '@hono/node-server'
import { type Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { streamSSE } from 'hono/streaming'
import type * as z from 'zod'
import type { EventHub } from './event-hub.ts'
import { describe } from './settings.ts'

export interface AppInit {
  status(): unknown
  readonly hub: EventHub
  readonly metrics: { readonly contentType: string; expose(): Promise<string> }
  /** An error of ours, not of the client. */
  onError(error: unknown): void
}

/** A comment keeps proxies from closing a quiet stream, and finds a client that went away. */
const keepAliveMs = 10_000

/** What the HTTP interfaces of all nodes have in common: health, status, events, metrics, and errors as JSON. */
export function createApp(init: AppInit): Hono {
  const app = new Hono()
  app.get('/healthz', (context) => context.text('ok\n'))
  app.get('/v1/status', (context) => context.json(init.status() as object))

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

export function refuse(
  context: Context,
  status: 400 | 404 | 413 | 503,
  error: string,
  message: string,
): Response {
  return context.json({ error, message }, status)
}

export interface PostInit<Body> {
  readonly path: string
  readonly maxBytes: number
  readonly schema: z.ZodType<Body>
  /** What the body looks like, for whoever sent no JSON. */
  readonly shape: string
  answer(body: Body): object | Promise<object>
}

/** Takes a JSON body of bounded size and checked shape. */
export function postJson<Body>(app: Hono, { path, maxBytes, schema, shape, answer }: PostInit<Body>): void {
  app.post(
    path,
    bodyLimit({
      maxSize: maxBytes,
      onError: (context) => refuse(context, 413, 'BODY_TOO_LARGE', `at most ${maxBytes} bytes`),
    }),
    async (context) => {
      let body: unknown
      try {
        body = await context.req.json()
      } catch {
        return refuse(context, 400, 'BODY_JSON', `expected a JSON object ${shape}`)
      }
      const parsed = schema.safeParse(body)
      if (!parsed.success) return refuse(context, 400, 'BODY_INVALID', describe(parsed.error))
      return context.json(await answer(parsed.data))
    },
  )
}

/** Answers at once, of one route; more have to come back. */
const maxAtOnce = 8

/**
 * Serves bytes that anybody may read and check, also from a page of another origin. Null: the query is no request, and
 * `expected` says what would be one.
 */
export function getBytes(
  app: Hono,
  path: string,
  expected: string,
  answer: (query: Readonly<Record<string, string>>) => Promise<Uint8Array | null>,
): void {
  let open = 0
  app.get(path, async (context) => {
    context.header('access-control-allow-origin', '*')
    if (open >= maxAtOnce) return refuse(context, 503, 'BUSY', 'too many requests at once')
    open++
    try {
      const bytes = await answer(context.req.query())
      if (bytes === null) return refuse(context, 400, 'REQUEST', `expected ${expected}`)
      return context.body(bytes as Uint8Array<ArrayBuffer>, 200, {
        'content-type': 'application/octet-stream',
      })
    } finally {
      open--
    }
  })
}

/** `GET /v1/physical`: requests and answers are the frames that nodes send each other. No request: the status. */
export function getPhysicalFrames(
  app: Hono,
  answer: (frame: Uint8Array) => Promise<Uint8Array | null>,
): void {
  getBytes(
    app,
    '/v1/physical',
    '?request= and an encoded request in hexadecimal',
    async ({ request = '' }) =>
      request.length % 2 === 0 && /^[0-9a-f]{0,8192}$/.test(request) ? answer(fromHex(request)) : null,
  )
}

/** A height or a block's hash, or the answer to a client that gave neither. */
export function blockId(context: Context, id: string): { hash: string } | { height: number } | Response {
  if (/^[0-9a-f]{64}$/.test(id)) return { hash: id }
  if (/^\d{1,15}$/.test(id)) return { height: Number(id) }
  return refuse(context, 400, 'BLOCK_ID', 'expected a height or a hash of 64 lower-case hexadecimal digits')
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
