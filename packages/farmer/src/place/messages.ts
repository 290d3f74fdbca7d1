import { type Bytes, CodedError, decode, encode, type Hash, hash, type Reader } from '@groundwork/primitives'

/** First byte of a frame: beside the chain's messages, on the same streams. */
export const placeVersion = 16

/** Nonces of one challenge, and how many of them need a proof. */
export const noncesPerChallenge = 8
export const proofsNeeded = 3
const maxPlots = 64
const proofBytesMax = 256

export interface PlaceProof {
  /** Which of the nonces it answers. */
  readonly index: number
  readonly proof: Bytes
}

/** The challenge protocol of proofs of place. */
export type PlaceMessage =
  /** Plots that the sender answers for: a claim, which a challenge tests. */
  | { readonly kind: 'plots'; readonly plotIds: readonly Hash[] }
  | {
      readonly kind: 'challenge'
      readonly plotId: Hash
      readonly epoch: number
      /** Of the challenger, to tell answers apart. */
      readonly id: number
      /** 32 bytes each, fresh. */
      readonly nonces: readonly Bytes[]
    }
  | {
      readonly kind: 'answer'
      readonly id: number
      readonly proofs: readonly PlaceProof[]
    }

/** What a proof of space shows when it answers a nonce. */
export function placeChallengeOf(nonce: Bytes, plotId: Hash): Hash {
  return hash('groundwork/place-challenge/1', nonce, plotId)
}

export function encodePlaceMessage(message: PlaceMessage): Bytes {
  return encode((out) => {
    out.u8(placeVersion)
    switch (message.kind) {
      case 'plots':
        out.u8(1)
        out.u32(message.plotIds.length)
        for (const plotId of message.plotIds) out.fixed(plotId, 32)
        return
      case 'challenge':
        out.u8(2)
        out.fixed(message.plotId, 32)
        out.u64(message.epoch)
        out.u32(message.id)
        for (const nonce of message.nonces) out.fixed(nonce, 32)
        return
      case 'answer':
        out.u8(3)
        out.u32(message.id)
        out.u32(message.proofs.length)
        for (const { index, proof } of message.proofs) {
          out.u8(index)
          out.bytes(proof)
        }
    }
  })
}

/** Throws `CODEC_*`. */
export function decodePlaceMessage(frame: Bytes): PlaceMessage {
  return decode(frame, (from) => {
    if (from.u8() !== placeVersion) throw new CodedError('CODEC_VERSION', 'unknown message version')
    switch (from.u8()) {
      case 1:
        return { kind: 'plots', plotIds: list(from, maxPlots, () => from.fixed(32)) }
      case 2:
        return {
          kind: 'challenge',
          plotId: from.fixed(32),
          epoch: from.u64(),
          id: from.u32(),
          nonces: Array.from({ length: noncesPerChallenge }, () => from.fixed(32)),
        }
      case 3:
        return {
          kind: 'answer',
          id: from.u32(),
          proofs: list(from, noncesPerChallenge, () => ({
            index: from.u8(),
            proof: from.bytes(proofBytesMax),
          })),
        }
      default:
        throw new CodedError('CODEC_VALUE', 'unknown message kind')
    }
  })
}

function list<T>(from: Reader, max: number, read: () => T): T[] {
  const items: T[] = []
  for (let left = from.count(max); left > 0; left--) items.push(read())
  return items
}
