import { blockHashOf, type Peer, type PhysicalBlock } from '@groundwork/physical-core'
import { equal, type Hash } from '@groundwork/primitives'

export type Asked =
  | { readonly kind: 'range' }
  | { readonly kind: 'block'; readonly hash: Hash }
  | { readonly kind: 'slots'; readonly seed: Hash }

/** What was asked of whom and not answered yet: nothing else is taken as an answer. */
export interface Requests {
  note(peer: Peer, asked: Asked): void
  /** What this answers, which is then no longer waited for; null if nothing. */
  answeredBlocks(peer: Peer, blocks: readonly PhysicalBlock[]): 'range' | 'block' | null
  answeredSlots(peer: Peer, seed: Hash | null): boolean
  forget(peer: Peer): void
}

/** A peer that answers nothing is not remembered without end. */
const maxOpen = 64

export function createRequests(): Requests {
  const open = new Map<Peer, Asked[]>()
  const take = (peer: Peer, isIt: (asked: Asked) => boolean): boolean => {
    const asked = open.get(peer) ?? []
    const at = asked.findIndex(isIt)
    if (at >= 0) asked.splice(at, 1)
    return at >= 0
  }
  return {
    note(peer, asked) {
      const list = open.get(peer) ?? []
      open.set(peer, list)
      list.push(asked)
      if (list.length > maxOpen) list.shift()
    },
    answeredBlocks(peer, blocks) {
      const last = blocks.at(-1)
      const hash = last === undefined ? null : blockHashOf(last.foliage)
      if (hash !== null && take(peer, (asked) => asked.kind === 'block' && equal(asked.hash, hash)))
        return 'block'
      return take(peer, ({ kind }) => kind === 'range') ? 'range' : null
    },
    answeredSlots: (peer, seed) =>
      take(peer, (asked) => asked.kind === 'slots' && (seed === null || equal(asked.seed, seed))),
    forget(peer) {
      open.delete(peer)
    },
  }
}
