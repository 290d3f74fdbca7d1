import {
  type ChainRules,
  groupBytes,
  lotteryEngines,
  type PlotId,
  plotChallengeOf,
  type SlotProof,
  slotChallengeOf,
  type Ticket,
  type Trunk,
  workQuality,
} from '@groundwork/physical-core'
import { type Bytes, encode, equal, type Hash, hash } from '@groundwork/primitives'

/**
 * What stands in for plots and delay proofs. Everything is a hash of plot and challenge, or of the slot before: the same
 * for whoever computes it, so that what others say is checked as it is for real.
 */

const ticketsMax = 12

/**
 * The tickets of a plot for a slot: a Poisson number of them, each of a uniform quality. Under proof of work a plot is
 * one nonce a slot.
 */
export function modelTickets(plotId: PlotId, k: number, slotChallenge: Hash): Ticket[] {
  if (k === 0) return [{ quality: workQuality(plotId, slotChallenge, nonceOf(0)), handle: 0 }]
  const challenge = plotChallengeOf(plotId, slotChallenge)
  const count = ticketsOf(plotId, k, challenge)
  return Array.from({ length: count }, (_, handle) => ({
    quality: hash('groundwork/simulated-quality/1', plotId, challenge, Uint8Array.of(handle)),
    handle,
  }))
}

/** As many as real plots of this size have, on average. */
function ticketsOf(plotId: PlotId, k: number, challenge: Hash): number {
  return poisson(lotteryEngines.space.ticketsMilli(k) / 1000, uniform(plotId, challenge))
}

function uniform(plotId: PlotId, challenge: Hash): number {
  const digest = hash('groundwork/simulated-tickets/1', plotId, challenge)
  return new DataView(digest.buffer, digest.byteOffset).getUint32(0) / 0x1_0000_0000
}

/** The count at which the distribution passes `u`. */
function poisson(mean: number, u: number): number {
  let probability = Math.exp(-mean)
  let sum = probability
  let count = 0
  while (u >= sum && count < ticketsMax) {
    count++
    probability *= mean / count
    sum += probability
  }
  return count
}

/** The proof of a ticket is its number. */
export function modelProof(rules: ChainRules, k: number, handle: number): Bytes {
  if (rules.parameters.engine === 'work') return nonceOf(handle)
  const proof = new Uint8Array(8 * k)
  proof[0] = handle
  return proof
}

function nonceOf(handle: number): Bytes {
  const nonce = new Uint8Array(8)
  nonce[0] = handle
  return nonce
}

/** The quality that a trunk's proof shows, or null if it is none. */
export function modelQuality({ plotId, k, y, proof }: Trunk): Hash | null {
  const tickets = modelTickets(plotId, k, slotChallengeOf(y))
  return tickets[proof[0] ?? ticketsMax]?.quality ?? null
}

const noProof = new Uint8Array(groupBytes)

/** A chain of hashes in the place of the VDF's. */
export function modelSlotProof(slot: number, seed: Hash, previous: Bytes | null): SlotProof {
  const y = new Uint8Array(groupBytes)
  const number = encode((out) => out.u64(slot))
  y.set(hash('groundwork/simulated-vdf/1', previous ?? seed, number), groupBytes - 32)
  return { slot, seed, previous, y, proof: noProof }
}

export function isModelSlotProof({ slot, seed, previous, y }: SlotProof): boolean {
  return equal(modelSlotProof(slot, seed, previous).y, y)
}

/** Squarings of one core through OpenSSL, per millisecond, and what proving takes in another thread. */
const squaringsPerMs = 1250
const provingMs = 60

/** How long after its input a slot's proof is there. */
export function modelEvaluationMs(squarings: number): number {
  return squarings / squaringsPerMs + provingMs
}

/** What a plot answers a challenge with, outside of the lottery: its first ticket's proof; null without a ticket. */
export function modelSpaceProof(plotId: PlotId, k: number, challenge: Hash): Bytes | null {
  if (ticketsOf(plotId, k, challenge) === 0) return null
  const proof = new Uint8Array(8 * k)
  proof.set(hash('groundwork/simulated-space-proof/1', plotId, challenge))
  return proof
}

export function isModelSpaceProof(plotId: PlotId, k: number, challenge: Hash, proof: Bytes): boolean {
  const right = modelSpaceProof(plotId, k, challenge)
  return right !== null && equal(right, proof)
}
