import { equal, type Hash } from '@groundwork/primitives'
import { maxBlocksPerAnswer, maxLocatorHashes } from './message-encoding.ts'
import type { ChainStatus, Height, Peer } from './types.ts'

/** What a synchronisation needs to know of the core, and of the connections. */
export interface SyncView {
  /** Of the own tip. */
  readonly weight: bigint
  /** Blocks that wait for a parent or a slot. */
  readonly waiting: number
  readonly locator: () => readonly Hash[]
}

export type SyncEvent =
  | { readonly kind: 'status'; readonly from: Peer; readonly status: ChainStatus }
  /** An answer to a range request; its blocks were checked and stepped, in order. `hashes`: of the blocks, oldest first. */
  | { readonly kind: 'answer'; readonly from: Peer; readonly hashes: readonly Hash[] }
  /** The core took a step. */
  | { readonly kind: 'progress' }
  | { readonly kind: 'timer'; readonly request: number }
  | { readonly kind: 'peer-down'; readonly peer: Peer }

export type SyncEffect =
  | { readonly kind: 'request'; readonly to: Peer; readonly locator: readonly Hash[]; readonly max: number }
  /** Deliver `{ kind: 'timer', request }` after the host's time-out. */
  | { readonly kind: 'timer'; readonly request: number }
  /** This peer claimed a chain that it did not give: count it, and believe nobody it names. */
  | {
      readonly kind: 'drop'
      readonly peer: Peer
      readonly reason: 'sync-no-answer' | 'sync-empty' | 'sync-claim-false'
    }
  | { readonly kind: 'synced' }

/** PC18. Fetches the heaviest chain that any peer claims, from one peer at a time, by ranges. */
export interface ChainSync {
  step(event: SyncEvent, view: SyncView): readonly SyncEffect[]
  /** Whom it asks, if anybody. */
  readonly from: Peer | null
}

/** With more blocks waiting, the next range is asked for later. */
const maxWaiting = 64

export function createChainSync(): ChainSync {
  const claims = new Map<Peer, ChainStatus>()
  let from: Peer | null = null
  /** Where the peer's chain was reached: while its fork is lighter, the own tip does not tell. */
  let cursor: Hash | null = null
  let request = 0
  let isAsking = false
  /** The peer's chain is here to its end. */
  let isEnd = false
  let received = 0

  const drop = (peer: Peer, reason: Extract<SyncEffect, { kind: 'drop' }>['reason']): SyncEffect[] => {
    forget(peer)
    return [{ kind: 'drop', peer, reason }]
  }
  const forget = (peer: Peer) => {
    claims.delete(peer)
    if (from === peer) stop()
  }
  const stop = () => {
    from = null
    cursor = null
    isAsking = false
    isEnd = false
    received = 0
    request++
  }

  const handle = (event: SyncEvent): SyncEffect[] => {
    switch (event.kind) {
      case 'status':
        claims.set(event.from, event.status)
        return []
      case 'answer': {
        if (event.from !== from || !isAsking) return []
        isAsking = false
        request++
        const last = event.hashes.at(-1)
        if (last === undefined && cursor === null) return drop(event.from, 'sync-empty')
        isEnd = last === undefined || (cursor !== null && equal(cursor, last))
        cursor = last ?? cursor
        received += event.hashes.length
        const claimed = claims.get(event.from)?.height ?? 0
        return received > claimed + maxBlocksPerAnswer ? drop(event.from, 'sync-claim-false') : []
      }
      case 'progress':
        return []
      case 'timer':
        return from !== null && event.request === request ? drop(from, 'sync-no-answer') : []
      case 'peer-down':
        forget(event.peer)
        return []
    }
  }

  const next = (view: SyncView): SyncEffect[] => {
    for (const [peer, { weight }] of claims) {
      if (weight > view.weight) continue
      claims.delete(peer)
      if (peer !== from) continue
      stop()
      if (claims.size === 0) return [{ kind: 'synced' }]
    }
    if (isAsking) return []
    if (from !== null && isEnd) return view.waiting === 0 ? drop(from, 'sync-claim-false') : armTimer()
    if (from !== null && view.waiting > maxWaiting) return armTimer()
    from ??= heaviest(claims)
    if (from === null) return []
    isAsking = true
    const locator = [...(cursor === null ? [] : [cursor]), ...view.locator()].slice(0, maxLocatorHashes)
    request++
    return [
      { kind: 'request', to: from, locator, max: maxBlocksPerAnswer },
      { kind: 'timer', request },
    ]
  }

  /** While blocks wait for slots, the time-out runs as well: once for every stretch without an answer. */
  let armed = -1
  const armTimer = (): SyncEffect[] => {
    if (armed === request) return []
    armed = request
    return [{ kind: 'timer', request }]
  }

  return {
    step(event, view) {
      const effects = handle(event)
      return [...effects, ...next(view)]
    },
    get from() {
      return from
    },
  }
}

function heaviest(claims: ReadonlyMap<Peer, ChainStatus>): Peer | null {
  let best: Peer | null = null
  for (const [peer, { weight }] of claims) {
    if (best === null || weight > claims.get(best)!.weight) best = peer
  }
  return best
}

/** What a range request is answered with: heights on the best chain, both inclusive; null if nothing follows. */
export function rangeFor(
  locator: readonly Hash[],
  heightOnBestChain: (hash: Hash) => Height | null,
  tip: Height,
  max: number,
): { readonly from: Height; readonly to: Height } | null {
  for (const hash of locator.slice(0, maxLocatorHashes)) {
    const height = heightOnBestChain(hash)
    if (height === null) continue
    const to = Math.min(tip, height + Math.min(max, maxBlocksPerAnswer))
    return to > height ? { from: height + 1, to } : null
  }
  return null
}
