import { nodeSignatures } from '@groundwork/host'
import { createCheckPool } from '@groundwork/physical-host'
import { type Client, type ClientInit, createClient } from '../client.ts'
import { type Fetch, httpSource, type Source } from '../source.ts'

/** What a process of Node brings along. */
export type NodeClientInit = Pick<ClientInit, 'genesis' | 'watch' | 'onEvent' | 'onFailure'> & {
  /** By name: where APIs of nodes are. */
  readonly apis: readonly { readonly name: string; readonly url: string }[]
}

const answerMs = 8_000

/** A client with the signatures of OpenSSL, proofs checked in threads, and HTTP. Nothing keeps the process alive after `stop`. */
export function createNodeClient(init: NodeClientInit): Client {
  const { genesis, apis } = init
  const pool = genesis.physical === null ? undefined : createCheckPool({ genesis: genesis.physical })
  const timers = new Set<NodeJS.Timeout>()
  const client = createClient({
    ...init,
    sources: apis.map(nodeSource),
    clock: {
      now: () => performance.now(),
      schedule(afterMs, run) {
        const timer = setTimeout(() => {
          timers.delete(timer)
          run()
        }, afterMs)
        timers.add(timer)
      },
    },
    wallMs: Date.now,
    random: Math.random,
    verify: nodeSignatures.verify,
    ...(pool !== undefined && { pool }),
  })
  return {
    ...client,
    stop() {
      client.stop()
      for (const timer of timers) clearTimeout(timer)
      void pool?.stop()
    },
  }
}

export function nodeSource({ name, url }: { readonly name: string; readonly url: string }): Source {
  return httpSource({
    name,
    url,
    fetch: fetch as unknown as Fetch,
    signal: () => AbortSignal.timeout(answerMs),
  })
}
