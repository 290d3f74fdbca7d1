import { nodeSignatures } from '@groundwork/host'
import { fromHex, prng, toHex } from '@groundwork/primitives'
import { type ClientEvent, type ClientInit, createClient, type Source } from '../src/index.ts'
import { virtualClock } from './clock.ts'
import { type PhysicalTestNode, physicalGenesis } from './physical-world.ts'
import { stakeGenesis } from './stake-world.ts'

/** Whatever answers for the stake chain. */
export interface StakeAnswers {
  bytes(after: number): Promise<Uint8Array>
}

export type Answer = Uint8Array | null | 'nothing' | 'refusal'
/** What a node makes of what an honest one would say. */
export type Lie = (path: string, answer: Uint8Array | null) => Answer | Promise<Answer>

/** A node's API over its worlds, honest or not. */
export function node(
  name: string,
  worlds: { physical?: PhysicalTestNode; stake?: StakeAnswers },
  lie: Lie = (_, answer) => answer,
): Source {
  return {
    name,
    async get(path) {
      const said = await lie(path, await honest(worlds, path))
      if (said === 'refusal') throw new Error('connection refused')
      return said === 'nothing' ? new Promise(() => {}) : said
    },
  }
}

async function honest(
  { physical, stake }: { physical?: PhysicalTestNode; stake?: StakeAnswers },
  path: string,
): Promise<Uint8Array | null> {
  const { pathname, searchParams } = new URL(path, 'http://node')
  if (pathname === '/v1/physical' && physical !== undefined)
    return physical.frame(fromHex(searchParams.get('request') ?? ''))
  if (pathname === '/v1/stake' && stake !== undefined) return stake.bytes(Number(searchParams.get('after')))
  return null
}

export function follow(sources: readonly Source[], init: Partial<ClientInit> = {}) {
  const time = virtualClock()
  const events: ClientEvent[] = []
  let failure: unknown = null
  const random = prng(1)
  const client = createClient({
    genesis: { stake: stakeGenesis, physical: physicalGenesis },
    sources,
    clock: time.clock,
    wallMs: () => 1_000_000 + time.clock.now(),
    random: () => random.below(1_000) / 1_000,
    verify: nodeSignatures.verify,
    onEvent: (event) => events.push(event),
    onFailure: (error) => {
      failure ??= error
    },
    ...init,
  })
  client.start()
  return {
    client,
    events,
    async run(forMs: number, until?: () => boolean) {
      await time.run(forMs, () => failure !== null || until?.() === true)
      if (failure !== null) throw failure
    },
    tip: () => client.status().physical?.height ?? 0,
    final: () => client.status().stake?.final ?? 0,
    source: (name: string) => client.status().sources.find((one) => one.name === name)!,
    hashes: (kind: 'physical' | 'stake') =>
      events.flatMap((event) => (event.kind === kind ? [toHex(event.hash)] : [])),
  }
}
