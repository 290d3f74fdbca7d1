import { Agent, type IncomingMessage, request } from 'node:http'
import { Readable } from 'node:stream'
import type { Address } from '../runtime/node-client.ts'

/** One program behind the hub: a node or the router. */
export interface Upstream {
  /** The answer as it is; null if there is none within the time. */
  forward(
    method: string,
    path: string,
    body: Uint8Array | null,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Response | null>
  /** The JSON of an answer 200; null for anything else. */
  json(path: string): Promise<unknown>
  /** The body of a stream without end, as it comes; null if the program does not answer. */
  stream(path: string, signal: AbortSignal): Promise<Response | null>
  close(): void
}

export interface UpstreamInit {
  readonly address: Address
  /** From the request to the end of the answer, of what changes something. */
  readonly timeoutMs: number
  /** Of what only asks; the same if not said. */
  readonly readTimeoutMs?: number
}

const maxAnswerBytes = 16 << 20

export function upstream({ address, timeoutMs, readTimeoutMs = timeoutMs }: UpstreamInit): Upstream {
  const agent = new Agent({ keepAlive: true, maxSockets: 32, maxFreeSockets: 4 })
  const ask = (
    method: string,
    path: string,
    body: Uint8Array | null,
    signal: AbortSignal,
    extra: Readonly<Record<string, string>> = {},
  ): Promise<IncomingMessage | null> =>
    new Promise((resolve) => {
      const content = { 'content-type': 'application/json', 'content-length': body?.length ?? 0 }
      const headers = body === null ? extra : { ...extra, ...content }
      const outgoing = request({ ...address, agent, method, path, headers, signal }, resolve)
      outgoing.on('error', () => resolve(null))
      outgoing.end(body ?? undefined)
    })
  const forward: Upstream['forward'] = async (method, path, body, extra) => {
    const signal = AbortSignal.timeout(method === 'GET' ? readTimeoutMs : timeoutMs)
    const answer = await ask(method, path, body, signal, extra)
    if (answer === null) return null
    const content = await contentOf(answer)
    if (content === null) return null
    const type = answer.headers['content-type'] ?? 'application/json'
    // A body is not allowed with 204.
    const status = answer.statusCode ?? 502
    return new Response(content.length === 0 ? null : content, { status, headers: { 'content-type': type } })
  }
  return {
    forward,
    json: async (path) => {
      const answer = await forward('GET', path, null)
      return answer?.status === 200 ? answer.json().catch(() => null) : null
    },
    stream: async (path, signal) => {
      const answer = await ask('GET', path, null, signal)
      if (answer === null) return null
      const headers = { 'content-type': answer.headers['content-type'] ?? 'text/event-stream' }
      // The end of either side, however it comes, is the end of the other.
      answer.on('error', () => {})
      return new Response(Readable.toWeb(answer) as ReadableStream, {
        status: answer.statusCode ?? 502,
        headers,
      })
    },
    close: () => agent.destroy(),
  }
}

function contentOf(answer: IncomingMessage): Promise<Buffer<ArrayBuffer> | null> {
  return new Promise((resolve) => {
    const pieces: Buffer[] = []
    let length = 0
    answer.on('data', (piece: Buffer) => {
      length += piece.length
      if (length > maxAnswerBytes) answer.destroy()
      else pieces.push(piece)
    })
    answer.on('end', () => resolve(Buffer.concat(pieces)))
    answer.on('error', () => resolve(null))
    answer.on('close', () => resolve(null))
  })
}
