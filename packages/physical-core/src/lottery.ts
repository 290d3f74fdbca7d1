import { type Bytes, equal, type Hash, hash } from '@groundwork/primitives'
import { slotChallengeOf } from './challenge.ts'
import type { Engine } from './params.ts'
import type { PlotId, Trunk } from './types.ts'

/** One hash of the proof-of-work engine, in the lottery's unit of space. */
const workUnit = 1_000_000n
const nonceBytes = 8
const range = 1n << 64n

/**
 * PC19. The lottery draws tickets: a proof of space gives about one a slot, a proof of work as many as nonces are tried.
 * Everything after the quality is the same.
 */
export interface LotteryEngine {
  readonly name: Engine
  /** What one ticket of a plot weighs, before location. */
  baseSize(k: number): bigint
  /** Mean tickets of a plot in a slot, in thousandths. Small tables lose entries: measured over 60 plots of k = 16. */
  ticketsMilli(k: number): number
  proofBytes(k: number): number
}

const ticketsOfSmallPlots: Readonly<Record<number, number>> = { 16: 830, 17: 930 }

export const lotteryEngines: Readonly<Record<Engine, LotteryEngine>> = {
  space: {
    name: 'space',
    // (2k + 1) 2^(k - 1): the expected size of a plot of Chia's first construction.
    baseSize: (k) => BigInt(2 * k + 1) << BigInt(k - 1),
    ticketsMilli: (k) => ticketsOfSmallPlots[k] ?? 950,
    proofBytes: (k) => 8 * k,
  },
  work: {
    name: 'work',
    baseSize: () => workUnit,
    ticketsMilli: () => 1000,
    proofBytes: () => nonceBytes,
  },
}

/** PC4. u: uniform below 2^64 for every ticket. */
export function lotteryNumber(quality: Hash, slotChallenge: Hash): bigint {
  const digest = hash('groundwork/lottery/1', quality, slotChallenge)
  return new DataView(digest.buffer, digest.byteOffset).getBigUint64(0)
}

/** PC4. u * D < S_eff * 2^64. */
export function isWin(u: bigint, difficulty: bigint, effectiveSize: bigint): boolean {
  return u * difficulty < effectiveSize * range
}

/** `isWin` is u < this; at most 2^64. */
export function lotteryTarget(difficulty: bigint, effectiveSize: bigint): bigint {
  const target = (effectiveSize * range + difficulty - 1n) / difficulty
  return target < range ? target : range
}

/** The quality of a nonce (8 bytes): what a search for work tries, and how its answer is checked. */
export function workQuality(plotId: PlotId, slotChallenge: Hash, nonce: Bytes): Hash {
  return hash('groundwork/work/1', plotId, slotChallenge, nonce)
}

/** True for a trunk whose nonce has this quality. */
export function isWorkQuality(trunk: Trunk, quality: Hash): boolean {
  return equal(workQuality(trunk.plotId, slotChallengeOf(trunk.y), trunk.proof), quality)
}
