import { type Bytes, CodedError, concatAll } from '@groundwork/primitives'

/** A node that is asked, and not trusted. */
export interface Source {
  readonly name: string
  /**
   * What `GET path` gives: null if the node does not serve it. Rejects with `SOURCE_OVERSIZE` as soon as there is more
   * than `maxBytes`, with `SOURCE_STATUS` on a refusal, and with anything else if there is no answer.
   */
  get(path: string, maxBytes: number): Promise<Bytes | null>
}

/** The part of `fetch` that is used: the same in a browser and in Node. */
export type Fetch = (
  url: string,
  init: { readonly signal?: never },
) => Promise<{
  readonly status: number
  readonly body: {
    getReader(): {
      read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>
      cancel(): Promise<unknown>
    }
  } | null
}>

export interface HttpSourceInit {
  readonly name: string
  /** Without a path: `http://127.0.0.1:8080`; or with the prefix under which a node's API is found. */
  readonly url: string
  readonly fetch: Fetch
  /** Of a request that takes too long: `AbortSignal.timeout(ms)`. */
  readonly signal?: () => unknown
}

/** A node's HTTP API. An answer is read piece by piece: no more of it than was asked for. */
export function httpSource({ name, url, fetch, signal }: HttpSourceInit): Source {
  const base = url.replace(/\/+$/, '')
  return {
    name,
    async get(path, maxBytes) {
      const { status, body } = await fetch(
        `${base}${path}`,
        signal === undefined ? {} : { signal: signal() as never },
      )
      const reader = body?.getReader()
      if (status !== 200) {
        await reader?.cancel()
        if (status === 404) return null
        throw new CodedError('SOURCE_STATUS', `${name}: status ${status} for ${path.split('?', 1)[0]}`)
      }
      const pieces: Bytes[] = []
      let size = 0
      while (reader !== undefined) {
        const { done, value } = await reader.read()
        if (done || value === undefined) break
        size += value.length
        if (size > maxBytes) {
          await reader.cancel()
          throw new CodedError('SOURCE_OVERSIZE', `${name}: more than ${maxBytes} bytes`)
        }
        pieces.push(value)
      }
      return concatAll(pieces)
    },
  }
}
