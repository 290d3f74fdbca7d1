import type { DeriveContext, DeriveState } from '@groundwork/hybrid-core'
import {
  type Item,
  itemHashOf,
  type OfferedItem,
  type OpaqueItem,
  type OpaqueKind,
} from '@groundwork/physical-core'
import { type Hash, type Hex, toHex } from '@groundwork/primitives'
import { createCheckpointJudge } from './policy-checkpoints.ts'
import { judgeForced } from './policy-forced.ts'
import { createChargeJudge, createVoteJudge } from './policy-votes.ts'

/** What a farmer's mempool is told; the physical chain's core knows nothing of what the items mean. */
export interface PolicyChange {
  readonly offer: readonly OfferedItem[]
  readonly withdraw: readonly Hash[]
  /** Never worth a place in a block as things stand: dropped, counted. */
  readonly refused: readonly { readonly item: Item; readonly reason: string }[]
}

/**
 * Which items of the stake chain a farmer puts into its blocks: those that `derive` would count in the next block, and of
 * checkpoints one. What may count later waits here, within bounds. No validity: other farmers may do otherwise.
 */
export interface FarmerPolicy {
  /** Items for the mempool, from whomever. Those of the physical chain itself pass. */
  offered(items: readonly OfferedItem[]): PolicyChange
  /** After the tip changed: `pooled` is what the mempool holds now. */
  revise(pooled: Iterable<OfferedItem>): PolicyChange
}

/** Per kind, what waits here beside what is in the mempool. */
const waitingMax: Readonly<Record<OpaqueKind, number>> = {
  checkpoint: 16,
  'checkpoint-bodies': 16,
  'forced-transaction': 2048,
  'stake-evidence': 256,
  'recorded-vote': 2048,
  'space-vote': 4096,
}

/** A judged item: its priority, or why not now, and whether that may change. */
export type Judgement =
  | { readonly kind: 'take'; readonly priority: number }
  | { readonly kind: 'wait'; readonly reason: string }
  | { readonly kind: 'refuse'; readonly reason: string }

export interface PooledOpaque {
  readonly key: Hex
  readonly hash: Hash
  readonly item: OpaqueItem
}

export type Judge = (state: DeriveState, pool: readonly PooledOpaque[]) => ReadonlyMap<Hex, Judgement>

export function createFarmerPolicy(context: DeriveContext, stateOf: () => DeriveState): FarmerPolicy {
  const pools: Record<OpaqueKind, Map<Hex, PooledOpaque>> = {
    checkpoint: new Map(),
    'checkpoint-bodies': new Map(),
    'forced-transaction': new Map(),
    'stake-evidence': new Map(),
    'recorded-vote': new Map(),
    'space-vote': new Map(),
  }
  /** Kinds that got or lost an item since they were judged. */
  const changed = new Set<OpaqueKind>()
  /** Priorities of what the mempool was given. */
  let given = new Map<Hex, number>()
  const checkpoints = createCheckpointJudge(context)
  const charges = createChargeJudge(context)
  const votes = createVoteJudge(context)

  /** Items of one lane are judged together, in the order in which they came: again if the tip or the lane changed. */
  const lane = (kinds: readonly OpaqueKind[], judge: (state: DeriveState) => ReadonlyMap<Hex, Judgement>) => {
    let judgedOn: DeriveState | null = null
    let judged: ReadonlyMap<Hex, Judgement> = new Map()
    return () => {
      const state = stateOf()
      if (state !== judgedOn || kinds.some((kind) => changed.has(kind))) judged = judge(state)
      judgedOn = state
      return judged
    }
  }
  const all = (...kinds: OpaqueKind[]) => kinds.flatMap((kind) => [...pools[kind].values()])
  const judges = [
    lane(['checkpoint', 'checkpoint-bodies'], (state) =>
      checkpoints(state, all('checkpoint'), all('checkpoint-bodies')),
    ),
    lane(['forced-transaction'], (state) => judgeForced(context, state, all('forced-transaction'))),
    lane(['stake-evidence'], (state) => charges(state, all('stake-evidence'))),
    lane(['recorded-vote', 'space-vote'], (state) => votes(state, all('recorded-vote', 'space-vote'))),
  ]
  const judgeAll = (): Map<Hex, Judgement> => {
    const judged = new Map(judges.flatMap((judge) => [...judge()]))
    changed.clear()
    return judged
  }

  /** The mempool gets what is taken with its priority, and loses the rest. */
  const change = (present: ReadonlyMap<Hex, number>): PolicyChange => {
    const judged = judgeAll()
    const offer: OfferedItem[] = []
    const withdraw: Hash[] = []
    const refused: { item: Item; reason: string }[] = []
    const taken = new Map<Hex, number>()
    for (const pool of Object.values(pools)) {
      for (const pooled of [...pool.values()]) {
        const { key, hash, item } = pooled
        const verdict = judged.get(key) ?? { kind: 'refuse', reason: 'unpaired' }
        const before = present.get(key)
        if (verdict.kind === 'take') taken.set(key, verdict.priority)
        if (verdict.kind === 'take' && before === verdict.priority) continue
        if (before !== undefined) withdraw.push(hash)
        if (verdict.kind === 'take') offer.push({ item, priority: verdict.priority })
        if (verdict.kind === 'refuse') {
          pool.delete(key)
          changed.add(item.kind)
          refused.push({ item, reason: verdict.reason })
        }
      }
    }
    given = taken
    return { offer, withdraw, refused }
  }

  const pool = (item: OpaqueItem): void => {
    const hash = itemHashOf(item)
    const key = toHex(hash)
    const entries = pools[item.kind]
    if (entries.has(key)) return
    if (entries.size >= waitingMax[item.kind]) forgetOne(entries, given)
    entries.set(key, { key, hash, item })
    changed.add(item.kind)
  }

  return {
    offered(items) {
      const passed = items.filter(({ item }) => !isOpaque(item))
      for (const { item } of items) if (isOpaque(item)) pool(item)
      // Whatever was given before: it is offered again because the mempool has not got it.
      const present = new Map(given)
      for (const { item } of items) present.delete(toHex(itemHashOf(item)))
      const { offer, withdraw, refused } = change(present)
      return { offer: [...passed, ...offer], withdraw, refused }
    },
    revise(pooled) {
      const present = new Map<Hex, number>()
      for (const { item, priority } of pooled) {
        if (!isOpaque(item)) continue
        pool(item)
        present.set(toHex(itemHashOf(item)), priority)
      }
      return change(present)
    },
  }
}

/** The oldest of those that only wait; of all, if none does. */
function forgetOne(entries: Map<Hex, PooledOpaque>, given: ReadonlyMap<Hex, number>): void {
  for (const key of entries.keys()) {
    if (given.has(key)) continue
    entries.delete(key)
    return
  }
  entries.delete(entries.keys().next().value!)
}

const opaque: ReadonlySet<Item['kind']> = new Set(Object.keys(waitingMax) as OpaqueKind[])

function isOpaque(item: Item): item is OpaqueItem {
  return opaque.has(item.kind)
}
