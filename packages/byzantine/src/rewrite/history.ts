import type { Hash } from '@groundwork/primitives'
import { equal } from '@groundwork/primitives'
import {
  admittedFromJournal,
  type Block,
  type Certificate,
  type EpochStart,
  type FinalizedBlock,
  type Height,
  type Parameters,
} from '@groundwork/stake-core'
import { type ForgedEpoch, holdCouncil, type SeizedKey } from './council.ts'

export interface RewriteInit {
  /** The chain's own beginning. */
  readonly genesis: EpochStart
  /** What was final, oldest first. */
  readonly chain: readonly Pick<FinalizedBlock, 'block' | 'signature' | 'hash'>[]
  /** The last height that the other history shares; 0: the genesis. */
  readonly fork: Height
  readonly keys: readonly SeizedKey[]
  readonly parameters: Parameters
  /** Where the other history ends, if the keys come as far. */
  readonly untilHeight: Height
}

/** Another history, epoch by epoch, oldest first: empty if the keys were no quorum where it had to begin. */
export function rewriteHistory(init: RewriteInit): readonly ForgedEpoch[] {
  const { keys, parameters, untilHeight } = init
  const epochs: ForgedEpoch[] = []
  for (let start = startAfter(init); start !== null; ) {
    const forged: ForgedEpoch | null = holdCouncil(start, keys, parameters, untilHeight)
    if (forged === null) break
    epochs.push(forged)
    start = forged.next
  }
  return epochs
}

/** Where the chain stood after the block at the fork; null if the blocks do not lead there. */
function startAfter({ genesis, chain, fork }: RewriteInit): EpochStart | null {
  let start = genesis
  for (const { block, signature, hash } of chain.slice(0, fork)) {
    const { epoch, rules, head, position } = start
    const { header } = block
    if (!equal(header.parentHash, head.hash) || !equal(header.epochId, epoch.id)) return null
    const extended = rules.extend({ ...head, position }, admittedFromJournal({ block, signature }))
    if (extended.kind !== 'extended') return null
    const after = { view: header.view, height: header.height, hash, certificate: null }
    start = rules.ends(extended.position)
      ? rules.successor(extended.position)
      : { epoch, rules, head: after, position: extended.position }
  }
  if (start.head.view === 0) return start
  const certificate = certificateIn(chain[fork]?.block, start.head.hash)
  return certificate === null ? null : { ...start, head: { ...start.head, certificate } }
}

/** What was built on a block names its certificate. */
function certificateIn(child: Block | undefined, parent: Hash): Certificate | null {
  const certificate = child?.justification.parent ?? null
  return certificate !== null && equal(certificate.hash, parent) ? certificate : null
}
