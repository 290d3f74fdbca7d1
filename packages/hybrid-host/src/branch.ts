import {
  type DeriveContext,
  type DeriveRecord,
  type DeriveState,
  type derive,
  deriveRoot,
  type Height,
  type PendingBlock,
  type PhysicalInput,
} from '@groundwork/hybrid-core'
import { assert, equal, type Hash, type Hex, toHex } from '@groundwork/primitives'
import type { FinalChain } from '@groundwork/stake-core'
import { acceptedSegment, type Segment } from './segment.ts'
import { snapshotsToKeep } from './snapshots.ts'

/** A physical block with what it made of the stake chain. */
export interface DerivedBlock {
  readonly key: Hex
  readonly parent: Hex
  readonly slot: number
  readonly state: DeriveState
  readonly records: readonly DeriveRecord[]
  /** What the block brings for FI-1; null in RECORDED, where nothing waits, and at the root. */
  readonly pending: PendingBlock | null
  readonly segment: Segment | null
}

export interface Adoption {
  /** Height of the last block that old and new best branch share; if it was deep, of one below that is still known. */
  readonly fork: Height
  /** The branches part below what is kept in full. */
  readonly isDeep: boolean
  /** Newest first. */
  readonly reverted: readonly DerivedBlock[]
  /** Oldest first; `derived` are those that were not known before. */
  readonly adopted: readonly DerivedBlock[]
  readonly derived: readonly DerivedBlock[]
}

export interface BranchInit {
  readonly context: DeriveContext
  /** Genesis, or what a snapshot held. */
  readonly root: DeriveState
  readonly derive: typeof derive
  readonly keepBlocks: number
  /** What this node derived before it was restarted: then signatures need not be checked again. */
  readonly knownRoot: (height: Height, hash: Hash) => Hash | null
}

/** States along the best physical branch and beside it. Blocks are derived in the order of their chain, none is skipped. */
export interface Branch extends BranchReader {
  readonly tip: DerivedBlock
  /** Kappa below the tip; where a shorter branch leaves no such state, an older one, or the root if that is younger. */
  readonly confirmed: DerivedBlock
  /** Blocks are on top of one that is known. Throws nothing, changes nothing if they are not: null. */
  adopt(inputs: readonly PhysicalInput[]): Adoption | null
  at(height: Height): DerivedBlock | null
  /** Height of the oldest block of the best branch that is kept. */
  readonly oldest: Height
  get(key: Hex): DerivedBlock | null
  isBest(block: DerivedBlock): boolean
  /** Of the best branch, newest first. */
  newestFirst(): Iterable<DerivedBlock>
  /** What its blocks carried of the stake chain, newest first, also far below the oldest state. */
  carried(): Iterable<Carried>
  /** The last of those. */
  readonly lastCarried: Carried
  /** The best branch as it is now. Never changes. */
  reader(): BranchReader
}

/** What a physical block of the best branch carried of the stake chain. */
export interface Carried {
  readonly height: Height
  /** Of the stake chain, after it. */
  readonly tipHeight: Height
  /** Names of the stake blocks. */
  readonly hashes: readonly Hex[]
  /** null: without a checkpoint, or too old to be evidence of anything. */
  readonly segment: FinalChain | null
}

/** As far back as stake blocks on top of the oldest state may look. */
export interface BranchReader {
  hashAt(height: Height): Hash | undefined
  range(after: Height, to: Height): PendingBlock[] | null
}

const baseBlocks = 16
const pastMax = 2048

interface PastBlock extends Carried {
  readonly hash: Hash
  readonly pending: PendingBlock | null
}

export function createBranch(init: BranchInit): Branch {
  const { context, keepBlocks, knownRoot, derive: deriveBlock } = init
  const { parameters } = context
  // Bad forced transactions are anybody's to post, and few: those are checked again.
  const { executed: _, ...checking } = context
  const trusting: DeriveContext = { ...checking, verify: () => true, verifySpace: () => true }
  const rootBlock: DerivedBlock = {
    key: toHex(init.root.hash),
    parent: '',
    slot: 0,
    state: init.root,
    records: [],
    pending: null,
    segment: null,
  }
  const blocks = new Map<Hex, DerivedBlock>([[rootBlock.key, rootBlock]])
  /** The best branch from the oldest block kept. */
  let best: readonly DerivedBlock[] = [rootBlock]
  /** Of the best branch below that, some. */
  let bases: readonly DerivedBlock[] = []
  /** Of every block below that: what stake blocks that come late look at. */
  let past: readonly PastBlock[] = []

  const tip = (): DerivedBlock => best.at(-1)!
  const at = (height: Height): DerivedBlock | null => best[height - best[0]!.state.height] ?? null
  const isBest = (block: DerivedBlock): boolean => at(block.state.height) === block

  const deriveOne = (parent: DerivedBlock, input: PhysicalInput): DerivedBlock => {
    const { state, records } = stateAfter(parent.state, input)
    const last = state.pending.at(-1)
    return {
      key: toHex(input.hash),
      parent: parent.key,
      slot: input.block.trunk.slot,
      state,
      records,
      pending: last?.height === state.height ? last : null,
      segment: acceptedSegment(input.block.items, records),
    }
  }

  /** What was derived before is derived without checks, if that leads to the same root; else with them. */
  const stateAfter = (before: DeriveState, input: PhysicalInput) => {
    const root = knownRoot(before.height + 1, input.hash)
    if (root !== null) {
      const trusted = deriveBlock(trusting, before, input)
      if (equal(deriveRoot(trusted.state), root)) return trusted
    }
    return deriveBlock(context, before, input)
  }

  /** After a deep reorganisation: nothing else is certain to be connected with what is kept. */
  const keepOnly = (kept: ReadonlySet<DerivedBlock>): void => {
    for (const block of [...blocks.values()]) if (!kept.has(block)) blocks.delete(block.key)
  }

  /** Below `keepBlocks` only bases stay, ever further apart: a deep reorganisation is derived from the next one below. */
  const prune = (): void => {
    const floor = tip().state.height - keepBlocks
    const leaving = best.slice(0, Math.max(0, floor - best[0]!.state.height))
    if (leaving.length === 0) return
    best = best.slice(leaving.length)
    past = aged([...past, ...leaving.map(pastOf)].slice(-pastMax), floor - parameters.evidenceMaxAgeBlocks)
    const candidates = [...bases, ...leaving.filter(({ state }) => state.height % baseBlocks === 0)]
    const heights = new Set(snapshotsToKeep(candidates.map(({ state }) => state.height)))
    bases = candidates.filter(({ state }) => heights.has(state.height))
    const kept = new Set([best[0], ...bases])
    for (const block of [...blocks.values()].sort((x, y) => x.state.height - y.state.height)) {
      const isKept = block.state.height > floor ? blocks.has(block.parent) : kept.has(block)
      if (!isKept) blocks.delete(block.key)
    }
  }

  return {
    get tip() {
      return tip()
    },
    get confirmed() {
      const height = tip().state.height - parameters.kappa
      return at(height) ?? bases.findLast(({ state }) => state.height <= height) ?? best[0]!
    },
    adopt(inputs) {
      const first = inputs[0]
      assert(first !== undefined, 'at least one block is adopted')
      let parent = blocks.get(toHex(first.block.foliage.parentHash))
      if (parent === undefined) return null
      const derived: DerivedBlock[] = []
      for (const input of inputs) {
        assert(equal(input.block.foliage.parentHash, parent.state.hash), 'adopted blocks are a chain')
        const known = blocks.get(toHex(input.hash))
        const block: DerivedBlock = known ?? deriveOne(parent, input)
        if (known === undefined) {
          blocks.set(block.key, block)
          derived.push(block)
        }
        parent = block
      }
      const adopted: DerivedBlock[] = []
      let shared = parent
      while (!isBest(shared) && !bases.includes(shared)) {
        adopted.unshift(shared)
        shared = blocks.get(shared.parent)!
      }
      // A tip that is on the best branch already: the branch only gets shorter.
      const fork = shared.state.height
      const isDeep = !isBest(shared)
      const common = isDeep ? [shared] : best.slice(0, fork + 1 - best[0]!.state.height)
      const reverted = best.slice(isDeep ? 0 : common.length).reverse()
      // Never changed in place: views of the branch are kept by others.
      best = [...common, ...adopted]
      bases = bases.filter(({ state }) => state.height < best[0]!.state.height)
      past = past.filter(({ height }) => height < best[0]!.state.height)
      if (isDeep) keepOnly(new Set([...best, ...bases]))
      prune()
      return { fork, isDeep, reverted, adopted, derived }
    },
    at,
    get oldest() {
      return best[0]!.state.height
    },
    get: (key) => blocks.get(key) ?? null,
    isBest,
    *newestFirst() {
      for (let i = best.length - 1; i >= 0; i--) yield best[i]!
    },
    *carried() {
      for (let i = best.length - 1; i >= 0; i--) yield carriedBy(best[i]!)
      for (let i = past.length - 1; i >= 0; i--) yield past[i]!
    },
    get lastCarried() {
      return past[0] ?? carriedBy(best[0]!)
    },
    reader: () => readerOf(best, past),
    hashAt: (height) => readerOf(best, past).hashAt(height),
    range: (after, to) => readerOf(best, past).range(after, to),
  }
}

function carriedBy({ state: { height, tip }, segment }: DerivedBlock): Carried {
  return { height, tipHeight: tip.height, hashes: segment?.hashes ?? [], segment }
}

function pastOf(block: DerivedBlock): PastBlock {
  const { segment, ...rest } = carriedBy(block)
  // Without its transactions, which weigh most.
  const chain = segment === null ? null : { blocks: segment.blocks, certificate: segment.certificate }
  return { ...rest, segment: chain, hash: block.state.hash, pending: block.pending }
}

/** Headers and certificates below a height are forgotten, names are not. */
function aged(past: readonly PastBlock[], below: Height): readonly PastBlock[] {
  const from = past.findLastIndex(({ height, segment }) => height < below && segment !== null)
  if (from < 0) return past
  return past.map((block, i) => (i <= from && block.segment !== null ? { ...block, segment: null } : block))
}

function readerOf(best: readonly DerivedBlock[], past: readonly PastBlock[]): BranchReader {
  const [oldest] = best as readonly [DerivedBlock]
  const firstPast = past[0]?.height ?? 0
  const at = (height: Height): DerivedBlock | undefined => best[height - oldest.state.height]
  /** Up to the oldest block kept, what its state still waits for. */
  const pendingAt = (height: Height): PendingBlock | null => {
    const block = at(height)
    if (block !== undefined && block !== oldest) return block.pending
    const waiting = oldest.state.pending.find((pending) => pending.height === height)
    return waiting ?? block?.pending ?? past[height - firstPast]?.pending ?? null
  }
  return {
    hashAt(height) {
      const { anchor } = oldest.state.tip
      if (anchor.height === height) return anchor.hash
      return at(height)?.state.hash ?? past[height - firstPast]?.hash ?? pendingAt(height)?.hash
    },
    range(after, to) {
      const found: PendingBlock[] = []
      for (let height = after + 1; height <= to; height++) {
        const pending = pendingAt(height)
        if (pending === null) return null
        found.push(pending)
      }
      return found
    },
  }
}
