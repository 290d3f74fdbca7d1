import type { Sources } from './sources.ts'
import { type FinalBlocks, type StakeChain, segmentIn, type VerifiedBlock } from './stake-chain.ts'

export interface StakeFollowerInit {
  readonly sources: Sources
  /** The epoch that is followed at this moment. */
  readonly chain: () => StakeChain
  readonly onVerified: (blocks: readonly VerifiedBlock[]) => void
  readonly onFinal: (final: FinalBlocks) => void
}

export interface StakeFollower {
  /** Asks every source what follows, until none knows more. */
  poll(): Promise<void>
  /** The greatest height that a source claims. */
  readonly claimed: number
}

/** A segment stops growing at a megabyte; one block more has a quarter of one. */
const maxSegmentBytes = 4 * 1024 * 1024
/** What one source may say before the next has its turn. */
const maxSegments = 16

/**
 * Faults that another source may have laid the ground for: blocks that a quorum notarized and that never became final are
 * valid as far as anybody can see.
 */
const groundFaults: ReadonlySet<string> = new Set([
  'block-parent',
  'block-height',
  'certificate-hash',
  'segment-unlinked',
])

export function createStakeFollower(init: StakeFollowerInit): StakeFollower {
  const { sources } = init
  /** Who gave blocks that are held. */
  const ground = new Set<string>()
  const heads = new Map<string, number>()

  /** True if there is more to ask for. */
  const askOnce = async (name: string): Promise<boolean> => {
    const chain = init.chain()
    const answer = await sources.ask(name, `/v1/stake?after=${chain.height}`, maxSegmentBytes)
    if (answer === undefined || answer === null || chain !== init.chain()) return false
    const segment = segmentIn(answer)
    if (segment === null) {
      sources.blame(name, 'segment-encoding')
      return false
    }
    heads.set(name, segment.head)
    const before = chain.height
    const { verified, final, fault } = chain.take(segment)
    if (verified.length > 0) {
      ground.add(name)
      init.onVerified(verified)
    }
    if (final !== null) {
      if (chain.held.length === 0) ground.clear()
      init.onFinal(final)
    }
    if (fault !== null) return blameOrReset(name, chain, fault)
    return chain.height > before && segment.head > chain.height
  }

  const blameOrReset = (name: string, chain: StakeChain, fault: string): boolean => {
    const isOwn = [...ground].every((other) => other === name)
    const isGround = groundFaults.has(fault) && !isOwn
    if (isGround || isOwn) {
      chain.reset()
      ground.clear()
    }
    if (!isGround) sources.blame(name, fault)
    return isGround
  }

  return {
    async poll() {
      for (const name of sources.names) {
        for (let left = maxSegments; left > 0; left--) if (!(await askOnce(name))) break
      }
    },
    get claimed() {
      return Math.max(0, ...sources.names.map((name) => heads.get(name) ?? 0))
    },
  }
}
