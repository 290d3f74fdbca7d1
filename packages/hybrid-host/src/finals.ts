import {
  type DeriveContext,
  type DeriveState,
  extendPosition,
  isTerminal,
  type Position,
  successorOf,
} from '@groundwork/hybrid-core'
import { transactionId } from '@groundwork/ledger'
import { equal, type Hash, type Hex, toHex } from '@groundwork/primitives'
import { type Block, type Certificate, type Header, hashHeader } from '@groundwork/stake-core'
import type { Branch } from './branch.ts'
import type { FinalSegment } from './follower.ts'

/** A final block of the stake chain, above what is checkpointed deep enough to be forgotten. */
export interface Held {
  readonly block: Block
  readonly hash: Hash
  readonly key: Hex
  /** The first certificate that covers it, and the headers from this block (exclusive) to the one that it names. */
  readonly certificate: Certificate
  readonly path: readonly Header[]
  /** R5a: whether the certificate came well before the deadline. */
  readonly timely: boolean
  readonly transactions: ReadonlySet<Hex>
  /** After the block, on the best physical branch; null: not there yet, or not any more. */
  position: Position | null
  /** In which it was executed, wherever that was. */
  epoch: number | null
  delivered: boolean
  /** Reported as pending. */
  isLate: boolean
  /** Its checkpoint was confirmed. */
  anchored: boolean
  /** Reported as void or invalid. */
  isLost: boolean
}

/** One lineage of final blocks, executed along the best branch. */
export interface Finals {
  readonly held: readonly Held[]
  /** Adds blocks on top of what is held. `unlinked`: they stand on something that is neither held nor known to derive. */
  add(segment: FinalSegment, timely: boolean): Added
  /** Executes what can be executed now; the first block that cannot ever be on this branch, with its fault. */
  execute(): { readonly held: Held; readonly reason: string } | null
  /** Positions whose anchors are above the fork are gone: their blocks, oldest first. */
  rewind(fork: number): Held[]
  /** Forgets the oldest. */
  drop(count: number): void
  clear(): void
}

export type Added =
  /** `replaced`: what was held of a lineage that ended. */
  | { readonly kind: 'added'; readonly replaced: readonly Held[] }
  | { readonly kind: 'known' | 'unlinked' | 'conflict' }

const heldMax = 4096

export function createFinals(context: DeriveContext, branch: () => Branch): Finals {
  let held: Held[] = []

  /** The derived state whose tip the block extends. */
  const baseOf = ({ header }: Block): DeriveState | null => {
    for (const { state } of branch().newestFirst())
      if (equal(state.tip.hash, header.parentHash) && equal(state.epoch.id, header.epochId)) return state
    return null
  }
  const positionBefore = (index: number): Position | null => {
    const before = held[index - 1]
    const { block } = held[index]!
    const after = before === undefined ? baseOf(block) : before.position
    if (after === null) return null
    const turned =
      before !== undefined && isTerminal(context, after.tip.height) ? successorOf(context, after) : after
    const { epoch, tip, execution } = turned
    const pending = branch().range(tip.anchor.height, branch().tip.state.height)
    return pending === null ? null : { epoch, tip, execution, pending }
  }

  return {
    get held() {
      return held
    },
    add(segment, timely) {
      const keys = new Set(held.map(({ key }) => key))
      const fresh = entriesOf(context, segment, timely)
      const first = fresh.findIndex(({ key }) => !keys.has(key))
      if (first < 0) return { kind: 'known' }
      const added = fresh.slice(first)
      const { header } = added[0]!.block
      const parent = toHex(header.parentHash)
      if (held.length === 0 || held.at(-1)!.key === parent) {
        held = [...held, ...added].slice(-heldMax)
        return { kind: 'added', replaced: [] }
      }
      const isBeside = keys.has(parent) || equal(held[0]!.block.header.parentHash, header.parentHash)
      if (isBeside) {
        const isChild = held.some(({ key, block }) => key === parent && isEnd(context, block.header, header))
        return { kind: isChild ? 'known' : 'conflict' }
      }
      // Another lineage, from where the physical chain began anew.
      if (baseOf(added[0]!.block) === null) return { kind: 'unlinked' }
      const replaced = held
      held = added
      return { kind: 'added', replaced }
    },
    execute() {
      const first = held.findIndex(({ position }) => position === null)
      if (first < 0) return null
      let position = positionBefore(first)
      for (const one of held.slice(first)) {
        if (position === null) return null
        const { header } = one.block
        // An anchor of another branch, or not seen yet, is no fault of the block.
        const anchor = branch().hashAt(header.anchor.height)
        if (anchor === undefined || !equal(anchor, header.anchor.hash)) return null
        const extension = extendPosition(context, position, one.block)
        if (extension.kind === 'fault') return { held: one, reason: extension.reason }
        one.position = extension.position
        one.epoch = extension.position.epoch.number
        position = isTerminal(context, header.height)
          ? successorOf(context, extension.position)
          : extension.position
      }
      return null
    },
    rewind(fork) {
      const gone = held.filter(({ position }) => position !== null && position.tip.anchor.height > fork)
      for (const one of gone) one.position = null
      return gone
    },
    drop(count) {
      held = held.slice(count)
    },
    clear() {
      held = []
    },
  }
}

/** R11: an empty child of a terminal block is proof material only. */
function isEnd(context: DeriveContext, parent: Header, child: Header): boolean {
  return isTerminal(context, parent.height) && equal(parent.epochId, child.epochId)
}

/** What follows a terminal block in its own epoch becomes the path to the certificate. */
function entriesOf(context: DeriveContext, segment: FinalSegment, timely: boolean): Held[] {
  const { blocks, certificate, path = [] } = segment
  const last = blocks.findIndex(({ header }) => isTerminal(context, header.height))
  const own = last < 0 ? blocks : blocks.slice(0, last + 1)
  const headers = [...blocks.map(({ header }) => header), ...path]
  return own.map((block, i) => {
    const hash = hashHeader(block.header)
    return {
      block,
      hash,
      key: toHex(hash),
      certificate,
      path: headers.slice(i + 1),
      timely,
      transactions: new Set(block.body.map((bytes) => toHex(transactionId(bytes)))),
      position: null,
      epoch: null,
      delivered: false,
      isLate: false,
      anchored: false,
      isLost: false,
    }
  })
}
