import {
  blockChecks,
  type ChainRules,
  type Check,
  epochOf,
  type Item,
  itemChecks,
  type PhysicalBlock,
  type SlotProof,
  slotChallengeOf,
  workQuality,
} from '@groundwork/physical-core'
import type { Bytes, Hash } from '@groundwork/primitives'
import { verify as verifySpace } from '@groundwork/proof-of-space/verify'
import {
  type Claim,
  hashToGroup,
  type Powers,
  slotContext,
  verify as verifyVdf,
} from '@groundwork/vdf/verify'

/** What the bytes of a block show. `quality`: of its proof of space or work. */
export type BlockVerdict = { readonly quality: Hash } | { readonly reason: string }

/** The checks that need no state: signatures, proofs of space, proofs of elapsed time. */
export interface Checker {
  block(block: PhysicalBlock): BlockVerdict
  /** Why an item is none, or null. */
  item(item: Item): string | null
  slot(proof: SlotProof): boolean
}

/** Checks many blocks or slot proofs beside the event loop. */
export interface CheckPool {
  /** One verdict for each, in their order. Rejects with `CHECK_THREAD` if a thread dies, `CHECK_STOPPED`. */
  blocks(blocks: readonly PhysicalBlock[]): Promise<readonly BlockVerdict[]>
  slots(proofs: readonly SlotProof[]): Promise<readonly BlockVerdict[]>
  stop(): Promise<void>
}

export type VerifySignature = (publicKey: Bytes, message: Bytes, signature: Bytes) => boolean

/** `powers` are the arithmetic of proofs of elapsed time: a program of Node has faster ones than any other. */
export function createChecker(rules: ChainRules, verifySignature: VerifySignature, powers?: Powers): Checker {
  const fault = (check: Check): string | null => {
    if (check.kind === 'space') return verifySpace(check) === undefined ? 'proof-of-space' : null
    const { publicKey, message, signature } = check
    return verifySignature(publicKey, message, signature) ? null : 'signature'
  }
  const faultOf = (checks: readonly Check[]): string | null => {
    for (const check of checks) {
      const found = fault(check)
      if (found !== null) return found
    }
    return null
  }
  return {
    block(block) {
      const { trunk, others } = blockChecks(rules, block)
      const reason = faultOf(others)
      if (reason !== null) return { reason }
      const { plotId, y, proof } = block.trunk
      const quality = trunk === null ? workQuality(plotId, slotChallengeOf(y), proof) : verifySpace(trunk)
      return quality === undefined ? { reason: 'proof-of-space' } : { quality }
    },
    item: (item) => faultOf(itemChecks(rules, item)),
    slot(proof) {
      const claim = slotClaim(rules, proof)
      return claim !== null && verifyVdf(claim, powers)
    },
  }
}

/** What a slot's proof claims: y is the VDF of the slot before, or of the seed, and of no other slot. Null without a VDF. */
export function slotClaim(rules: ChainRules, { slot, seed, previous, y, proof }: SlotProof): Claim | null {
  const { vdf } = rules.parameters
  if (vdf.kind === 'none') return null
  const x = previous ?? hashToGroup(seed)
  return { x, y, iterations: vdf.squarings, context: slotContext(epochOf(rules, slot), slot), proof }
}
