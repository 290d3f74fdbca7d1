import { randomBytes } from 'node:crypto'
import { type Bytes, type Hash, hash } from '@groundwork/primitives'
import { verify } from '@groundwork/proof-of-space/verify'
import {
  encodePlaceMessage,
  noncesPerChallenge,
  type PlaceMessage,
  type PlaceProof,
  placeChallengeOf,
  proofsNeeded,
} from './messages.ts'

/** What several round trips to one plot came to. */
export interface Measured {
  /** The best one, whole microseconds. */
  readonly rttUs: number
  /** Of all challenges and answers. */
  readonly transcriptHash: Hash
}

export interface Measurement {
  /** The challenge of the next round trip, and its number. */
  next(nowMs: number): { readonly id: number; readonly frame: Bytes }
  /** Takes the answer to the newest challenge: why it is none, or null. Too few proofs happen: that round does not count. */
  answer(proofs: readonly PlaceProof[], nowMs: number): string | null
  /** After `roundTrips` answers; null before. */
  readonly measured: Measured | null
}

/** The best of so many counts: noise on the way only ever adds. */
export const roundTrips = 8
/** Of rounds with too few proofs; of an honest plot, one in 50 is. */
const maxPoor = 4

export function createMeasurement(
  plot: { readonly plotId: Hash; readonly k: number },
  epoch: number,
  firstId: number,
): Measurement {
  let id = firstId
  let nonces: readonly Bytes[] = []
  let sentMs = 0
  let best = Number.POSITIVE_INFINITY
  let answers = 0
  let poor = 0
  let transcript: Hash = hash('groundwork/place-transcript/1', plot.plotId)
  const note = (frame: Bytes) => {
    transcript = hash('groundwork/place-transcript/1', transcript, frame)
  }
  return {
    next(nowMs) {
      nonces = Array.from({ length: noncesPerChallenge }, () => new Uint8Array(randomBytes(32)))
      const message: PlaceMessage = { kind: 'challenge', plotId: plot.plotId, epoch, id: id++, nonces }
      const frame = encodePlaceMessage(message)
      note(frame)
      sentMs = nowMs
      return { id: message.id, frame }
    },
    answer(proofs, nowMs) {
      const indices = new Set(proofs.map(({ index }) => index))
      if (indices.size !== proofs.length) return 'place-proofs'
      if (proofs.length < proofsNeeded) return ++poor > maxPoor ? 'place-proofs' : null
      for (const { index, proof } of proofs) {
        const nonce = nonces[index]
        if (nonce === undefined) return 'place-proofs'
        const challenge = placeChallengeOf(nonce, plot.plotId)
        if (verify({ plotId: plot.plotId, k: plot.k, challenge, proof }) === undefined) return 'place-proof'
      }
      note(encodePlaceMessage({ kind: 'answer', id: id - 1, proofs }))
      best = Math.min(best, nowMs - sentMs)
      answers++
      return null
    },
    get measured() {
      if (answers < roundTrips) return null
      return { rttUs: Math.max(1, Math.round(1000 * best)), transcriptHash: transcript }
    },
  }
}
