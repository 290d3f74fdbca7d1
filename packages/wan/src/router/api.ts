import { CodedError } from '@groundwork/primitives'
import { type Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import * as z from 'zod'
import type { Link } from '../link-table.ts'
import { fullTable, type RouterService } from './service.ts'

/** Names the instance that a change is meant for; see `WanAnswer`. Refused (409) by every other. */
export const instanceHeader = 'x-groundwork-instance'

/** `GET /v1/links`. */
export interface LinksAnswer {
  readonly nodes: readonly string[]
  readonly links: readonly { readonly from: string; readonly to: string; readonly link: Link }[]
}

/** Enough for a change of all links of the largest network. */
const maxBodyBytes = 16 * 1024 * 1024
const name = z.string().min(1).max(200)
const change = z.strictObject({
  owner: name,
  // Values are the link table's to judge, in words of its own.
  links: z.array(z.strictObject({ from: name, to: name, set: z.record(z.string(), z.unknown()) })),
})

/** Changes are answered when they are in force. Errors: `{ error, message }`, the message one line. */
export function routerApi(service: RouterService): Hono {
  const app = new Hono()
  const refuse = (context: Context, status: 400 | 404 | 409 | 413, error: string, message: string) =>
    context.json({ error, message }, status)

  app.get('/v1/health', (context) => {
    const { problem } = service
    return problem === null ? context.json({ ok: true }) : context.json({ ok: false, problem }, 503)
  })
  app.get('/v1/wan', async (context) => context.json(await service.wan()))
  app.get('/v1/links', (context) => {
    const { table } = service
    return context.json({ nodes: table.nodes, links: fullTable(table) } satisfies LinksAnswer)
  })

  app.use('/v1/changes/*', async (context, next) => {
    const meant = context.req.header(instanceHeader)
    if (meant === undefined || meant === service.instance) return next()
    return refuse(context, 409, 'router-restarted', 'the router was restarted and knows no earlier change')
  })
  app.post(
    '/v1/changes',
    bodyLimit({
      maxSize: maxBodyBytes,
      onError: (context) => refuse(context, 413, 'body-too-large', `at most ${maxBodyBytes} bytes`),
    }),
    async (context) => {
      let body: unknown
      try {
        body = await context.req.json()
      } catch {
        return refuse(context, 400, 'body-json', 'expected a JSON object { "owner", "links": [...] }')
      }
      const parsed = change.safeParse(body)
      if (!parsed.success) {
        const issue = parsed.error.issues[0]
        return refuse(context, 400, 'body-invalid', `${issue?.path.join('.') || 'body'}: ${issue?.message}`)
      }
      await service.apply(parsed.data as Parameters<RouterService['apply']>[0])
      return context.json({ ok: true })
    },
  )
  app.delete('/v1/changes/:owner', async (context) => {
    await service.remove(context.req.param('owner'))
    return context.json({ ok: true })
  })
  app.delete('/v1/changes', async (context) => {
    await service.removeAll()
    return context.json({ ok: true })
  })

  app.notFound((context) => refuse(context, 404, 'not-found', `no ${context.req.method} ${context.req.path}`))
  app.onError((error, context) => {
    const code = error instanceof CodedError ? error.code : 'internal'
    const status = code.startsWith('link-') || code === 'router-link' ? 422 : 500
    return context.json({ error: code, message: error.message.split('\n', 1)[0] }, status)
  })
  return app
}
