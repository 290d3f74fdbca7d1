import { CodedError } from '@groundwork/primitives'
import { instanceHeader, type WanAnswer } from '@groundwork/wan/router'
import { type Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import * as z from 'zod'
import type { NetworkFile } from '../docker/network-file.ts'
import { monotonicMs } from '../schedule.ts'
import type { LinkFault, LinkFaults } from './link-faults.ts'
import type { NodeView, NodeViews } from './node-views.ts'
import type { Upstream } from './upstream.ts'

/** `GET /v1/network`. */
export interface NetworkAnswer {
  readonly version: 1
  readonly project: string
  readonly plan: NetworkFile['plan']
  readonly nodes: readonly NodeView[]
  /** Processes of the leader of the newest view. */
  readonly leaders: readonly string[]
  /** What the router says of itself; null while it does not answer. */
  readonly wan: WanAnswer | null
  readonly faults: readonly LinkFault[]
  /** CPU time of this program, ms. */
  readonly cpuMs: number
}

export interface HubApiInit {
  readonly file: Pick<NetworkFile, 'plan' | 'layout' | 'physicalTimeMs' | 'hybrid'>
  readonly views: NodeViews
  readonly faults: LinkFaults
  readonly router: Upstream
  nodeNamed(name: string): Upstream | undefined
  /** An error of ours, not of the client. */
  onError(error: unknown): void
}

type Refusal = 400 | 404 | 413 | 422 | 500 | 502

const maxBodyBytes = 4 << 20

const faultSchema = z.strictObject({
  verb: z.string().max(40),
  arguments: z.record(z.string().max(40), z.string().max(4000)).default({}),
})

/** The one way in from outside: what is known of the network, what the nodes and the router answer, faults of links. */
export function createHubApi(init: HubApiInit): Hono {
  const { file, views, faults, router } = init
  const app = new Hono()
  const refuse = (context: Context, status: Refusal, error: string, message: string) =>
    context.json({ error, message }, status)
  const limit = bodyLimit({
    maxSize: maxBodyBytes,
    onError: (context) => refuse(context, 413, 'BODY_TOO_LARGE', `at most ${maxBodyBytes} bytes`),
  })
  const forward = async (context: Context, to: Upstream, who: string, path: string): Promise<Response> => {
    const { method } = context.req
    const body = method === 'POST' ? new Uint8Array(await context.req.arrayBuffer()) : null
    const instance = context.req.header(instanceHeader)
    const headers = instance === undefined ? {} : { [instanceHeader]: instance }
    const answer = await to.forward(method, path, body, headers)
    return answer ?? refuse(context, 502, 'NO_ANSWER', `${who} does not answer`)
  }
  const toRouter = (context: Context): Promise<Response> =>
    forward(context, router, 'the router', context.req.path)
  const withNode =
    (serve: (context: Context, node: Upstream, name: string) => Promise<Response>) =>
    async (context: Context): Promise<Response> => {
      const name = context.req.param('name') ?? ''
      const node = init.nodeNamed(name)
      if (node !== undefined) return serve(context, node, name)
      const known = file.plan.nodes.map((planned) => planned.name).join(', ')
      return refuse(context, 404, 'NODE_UNKNOWN', `no node ${name.slice(0, 60)}; there are ${known}`)
    }

  app.get('/v1/health', (context) => context.json({ ok: true }))
  // The nodes' clock: containers share their kernel, which need not be that of whoever asks.
  app.get('/v1/clock', (context) => context.json({ monoMs: monotonicMs() }))

  // What the network file leaves open, for the nodes.
  app.get('/v1/settled', (context) => {
    const { physicalTimeMs, hybrid } = file
    if (physicalTimeMs === undefined)
      return refuse(context, 404, 'NO_FARMERS', 'the network has no physical chain')
    return context.json({ version: 1, physicalTimeMs, ...(hybrid && { hybrid }) })
  })

  app.get('/v1/network', async (context) => {
    const [nodes, wan] = await Promise.all([
      views.refresh(),
      router.json('/v1/wan') as Promise<WanAnswer | null>,
    ])
    if (wan !== null) faults.forgetOthers(wan.instance)
    const { user, system } = process.cpuUsage()
    const answer: NetworkAnswer = {
      version: 1,
      project: file.layout.project,
      plan: file.plan,
      nodes,
      leaders: views.leaders(),
      wan,
      faults: faults.list(),
      cpuMs: (user + system) / 1000,
    }
    return context.json(answer)
  })
  app.get('/v1/nodes', async (context) => context.json({ nodes: await views.refresh() }))

  app.get(
    '/v1/nodes/:name/status',
    withNode((context, node, name) => forward(context, node, name, '/v1/status')),
  )
  app.get(
    '/v1/nodes/:name/blocks/:id',
    withNode((context, node, name) => forward(context, node, name, `/v1/blocks/${context.req.param('id')}`)),
  )
  app.get(
    '/v1/nodes/:name/accounts/:address',
    withNode((context, node, name) =>
      forward(context, node, name, `/v1/accounts/${context.req.param('address')}`),
    ),
  )
  for (const path of ['ledgers/:ledger/accounts/:address', 'transactions/:id', 'hazards'])
    app.get(
      `/v1/nodes/:name/${path}`,
      withNode((context, node, name) =>
        forward(context, node, name, context.req.path.replace(`/nodes/${context.req.param('name')}`, '')),
      ),
    )
  // Under a node's name its own API, as far as clients verify with it.
  for (const chain of ['physical', 'stake'])
    app.get(
      `/v1/nodes/:name/v1/${chain}`,
      withNode((context, node, name) =>
        forward(context, node, name, `/v1/${chain}${new URL(context.req.url).search}`),
      ),
    )
  app.get(
    '/v1/nodes/:name/metrics',
    withNode((context, node, name) => forward(context, node, name, '/metrics')),
  )
  app.post(
    '/v1/nodes/:name/transactions',
    limit,
    withNode((context, node, name) => forward(context, node, name, '/v1/transactions')),
  )
  app.post(
    '/v1/nodes/:name/items',
    limit,
    withNode((context, node, name) => forward(context, node, name, '/v1/items')),
  )
  app.post(
    '/v1/nodes/:name/coercion',
    limit,
    withNode((context, node, name) => forward(context, node, name, '/v1/coercion')),
  )
  app.get(
    '/v1/nodes/:name/events',
    withNode(async (context, node, name) => {
      const answer = await node.stream('/v1/events', context.req.raw.signal)
      return answer ?? refuse(context, 502, 'NO_ANSWER', `${name} does not answer`)
    }),
  )

  app.get('/v1/wan', toRouter)
  app.get('/v1/links', toRouter)
  app.get('/v1/changes', toRouter)
  app.post('/v1/changes', limit, toRouter)
  app.delete('/v1/changes', toRouter)
  app.delete('/v1/changes/:owner', toRouter)

  app.get('/v1/faults', (context) => context.json({ faults: faults.list() }))
  app.post('/v1/faults', limit, async (context) => {
    const body: unknown = await context.req.json().catch(() => undefined)
    const parsed = faultSchema.safeParse(body)
    if (!parsed.success) {
      const expected = 'expected { "verb": "partition", "arguments": { "groups": "v1,rest", "for": "30s" } }'
      return refuse(context, 400, 'BODY_INVALID', expected)
    }
    return context.json(await faults.begin(parsed.data))
  })
  app.delete('/v1/faults/:id', async (context) =>
    context.json({ healed: await faults.heal(context.req.param('id')) }),
  )
  app.delete('/v1/faults', async (context) => {
    await faults.healAll()
    return context.json({})
  })

  app.notFound((context) => refuse(context, 404, 'NOT_FOUND', `no ${context.req.method} ${context.req.path}`))
  app.onError((error, context) => {
    // What the person asked for cannot be done; anything else is our own fault.
    if (error instanceof CodedError) return refuse(context, 422, error.code, error.message)
    init.onError(error)
    return refuse(context, 500, 'INTERNAL', 'internal error')
  })
  return app
}
