import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Source } from '../../src/index.ts'
import type { Recording } from '../recording.ts'

export interface PageServer {
  readonly url: string
  /** What the page reported. */
  readonly report: Promise<string>
  close(): Promise<void>
}

const page = `<!doctype html><meta charset="utf-8"><title>follow</title><script src="/client.js"></script><script>
const report = (text) => fetch('/report', { method: 'POST', body: text })
window.addEventListener('error', (event) => report('error: ' + event.message))
;(async () => {
  try {
    const init = await (await fetch('/init.json')).json()
    const said = await groundwork.followOnPage({
      ...init,
      sources: [groundwork.httpSource({ name: 'node', url: location.origin, fetch: (url, options) => fetch(url, options) })],
      schedule: (afterMs, run) => setTimeout(run, afterMs),
      nowMs: () => performance.now(),
      wallMs: () => Date.now(),
    })
    await report(said.join('\\n'))
  } catch (error) {
    await report('error: ' + error)
  }
})()
</script>`

/** Serves a page that follows, and a node for it to ask. */
export async function servePage(bundle: string, recording: Recording, node: Source): Promise<PageServer> {
  const report = Promise.withResolvers<string>()
  const { physicalGenesis, stakeGenesis, physicalTip, stakeTip } = recording
  const init = { physicalGenesis, stakeGenesis, until: { physical: physicalTip, stake: stakeTip } }
  const answer = async (path: string): Promise<[type: string, body: string | Uint8Array] | null> => {
    if (path === '/') return ['text/html', page]
    if (path === '/client.js') return ['text/javascript', bundle]
    if (path === '/init.json') return ['application/json', JSON.stringify(init)]
    const bytes = path.startsWith('/v1/') ? await node.get(path, Number.POSITIVE_INFINITY) : null
    return bytes === null ? null : ['application/octet-stream', bytes]
  }
  const server: Server = createServer(async (request, response) => {
    if (request.method === 'POST') {
      let text = ''
      for await (const piece of request) text += piece
      report.resolve(text)
      response.end()
      return
    }
    const found = await answer(request.url ?? '')
    if (found === null) response.writeHead(404).end()
    else response.writeHead(200, { 'content-type': found[0] }).end(found[1])
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    report: report.promise,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
