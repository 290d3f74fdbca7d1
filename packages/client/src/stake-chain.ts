import { CodedError, equal, type Hash, toHex } from '@groundwork/primitives'
import {
  type AdmissionInit,
  type AdmittedProposal,
  type BlockRules,
  type Certificate,
  type ChainSegment,
  certificateFault,
  createAdmitter,
  decodeSegment,
  type Epoch,
  type Final,
  hashHeader,
  type Parameters,
  type ParentBlock,
  type Position,
  type Proposal,
  type Verify,
} from '@groundwork/stake-core'

export interface StakeChainInit {
  readonly epoch: Epoch
  readonly parameters: Parameters
  readonly verify: Verify
  readonly rules: BlockRules
  /** What the first block extends. */
  readonly base: ParentBlock
}

/** A block that was found valid on top of what came before. */
export interface VerifiedBlock {
  readonly admitted: AdmittedProposal
  readonly hash: Hash
  readonly height: number
  readonly view: number
  readonly position: Position
}

/** What a certificate made final, oldest first; it names the last. */
export interface FinalBlocks {
  readonly epoch: Epoch
  readonly blocks: readonly VerifiedBlock[]
  readonly certificate: Certificate
}

export interface StakeChain {
  readonly epoch: Epoch
  readonly rules: BlockRules
  /** The newest final block, or what the first one extends. */
  readonly final: ParentBlock
  /** Its certificate; null in the beginning. */
  readonly certificate: Certificate | null
  /** Above it, valid and certified by their children (but the last), not final yet. */
  readonly held: readonly VerifiedBlock[]
  /** Height of the last block that is here: what to ask for begins above it. */
  readonly height: number
  /** What a source says follows. */
  take(segment: ChainSegment): Taken
  /** Lets go of what is not final: it leads nowhere. */
  reset(): void
}

export interface Taken {
  readonly verified: readonly VerifiedBlock[]
  readonly final: FinalBlocks | null
  /** No honest node sends that; what came before it was taken. */
  readonly fault: string | null
}

/** `fault` null: it cannot be judged before more is known of the physical chain. */
interface Refused {
  readonly fault: string | null
}
const refused = (fault: string): Refused => ({ fault })
const waiting: Refused = { fault: null }

/** Blocks that wait for a certificate; a node has a few. */
const maxHeld = 4_096

/** Follows one epoch: every block is checked and executed as a validator does, and is final once a FINAL certificate covers it. */
export function createStakeChain(init: StakeChainInit): StakeChain {
  const { epoch, parameters, verify, rules } = init
  let final: ParentBlock = init.base
  let certificate: Certificate | null = null
  let held: VerifiedBlock[] = []
  const top = (): ParentBlock => {
    const last = held.at(-1)
    return last === undefined ? final : parentOf(last)
  }

  // An admitter takes blocks that are asked for, newest first: here the newest of a segment is.
  const state: { final: Final } & Omit<AdmissionInit['state'], 'final'> = {
    view: 0,
    final: { ...final, certificate: null },
    views: new Map(),
    blocks: new Map(),
    fetching: new Map(),
  }
  const admitter = createAdmitter({ epoch, parameters, verify, rules, state })

  const admit = (proposals: readonly Proposal[]): readonly AdmittedProposal[] | string => {
    const newest = proposals.at(-1)
    if (newest === undefined) return []
    const { view } = newest.block.header
    const hash = hashHeader(newest.block.header)
    state.final = { ...top(), certificate: null }
    state.fetching.clear()
    state.fetching.set(toHex(hash), { hash, view, attempt: 0, hints: [] })
    const admission = admitter.admit({ kind: 'block-response', proposals: proposals.toReversed() }, '')
    if (admission.kind === 'rejected') return admission.reason
    if (admission.kind !== 'event' || admission.event.kind !== 'blocks') return 'segment-unlinked'
    const admitted = admission.event.proposals.toReversed()
    return admitted.length === proposals.length ? admitted : 'segment-unlinked'
  }

  /** Why a block may not follow, or the state after it. */
  const extend = (parent: ParentBlock, admitted: AdmittedProposal): VerifiedBlock | Refused => {
    const { header } = admitted.proposal.block
    if (header.height !== parent.height + 1) return refused('block-height')
    if (!equal(header.parentHash, parent.hash) || header.parentView !== parent.view)
      return refused('block-parent')
    if (!equal(header.validatorsHash, epoch.validators.hash)) return refused('block-validators')
    const fault = admitted.justificationFault ?? admitted.bodyFault
    if (fault !== null) return refused(fault)
    const extended = rules.extend(parent, admitted)
    if (extended.kind === 'fault') return refused(extended.reason)
    if (extended.kind === 'wait') return waiting
    const { height, view } = header
    return { admitted, hash: admitted.hash, height, view, position: extended.position }
  }

  const finalize = (given: Certificate): FinalBlocks | string | null => {
    if (!equal(given.epochId, epoch.id) || given.view <= final.view) return null
    if (given.type !== 'final') return 'certificate-type'
    const at = held.findIndex(({ hash }) => equal(hash, given.hash))
    if (at < 0) return null
    const fault = certificateFault(epoch, given, verify)
    if (fault !== null) return fault
    const blocks = held.slice(0, at + 1)
    const last = blocks.at(-1) as VerifiedBlock
    if (last.view !== given.view) return 'certificate-view'
    held = held.slice(at + 1)
    final = parentOf(last)
    certificate = given
    return { epoch, blocks, certificate: given }
  }

  return {
    epoch,
    rules,
    get final() {
      return final
    },
    get certificate() {
      return certificate
    },
    get held() {
      return held
    },
    get height() {
      return top().height
    },
    take(segment) {
      const verified: VerifiedBlock[] = []
      const taken = (fault: string | null): Taken => ({ verified, final: null, fault })
      const above = segment.proposals.filter(({ block }) => block.header.height > top().height)
      const other = above.findIndex(({ block }) => !equal(block.header.epochId, epoch.id))
      if (other === 0) return taken('segment-epoch')
      const fresh = other < 0 ? above : above.slice(0, other)
      const admitted = admit(fresh)
      if (typeof admitted === 'string') return taken(admitted)
      for (const one of admitted) {
        if (held.length >= maxHeld) return taken('segment-never-final')
        const block = extend(top(), one)
        if ('fault' in block) return taken(block.fault)
        held = [...held, block]
        verified.push(block)
      }
      if (segment.certificate === null) return taken(null)
      const done = finalize(segment.certificate)
      if (typeof done === 'string') return taken(done)
      // Everything up to the head is here, and the certificate names something else.
      const isOurs = equal(segment.certificate.epochId, epoch.id)
      const isBeside = done === null && isOurs && segment.head > final.height && segment.head <= top().height
      return { verified, final: done, fault: isBeside ? 'certificate-hash' : null }
    },
    reset() {
      held = []
    },
  }
}

function parentOf({ view, height, hash, position }: VerifiedBlock): ParentBlock {
  return { view, height, hash, position }
}

/** A segment in an answer, or null if it is none. */
export function segmentIn(bytes: Uint8Array): ChainSegment | null {
  try {
    return decodeSegment(bytes)
  } catch (error) {
    if (error instanceof CodedError) return null
    throw error
  }
}
