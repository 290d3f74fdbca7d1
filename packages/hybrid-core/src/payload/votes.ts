import { proofBytesMax } from '@groundwork/physical-core'
import { type Bytes, decode, encode, type Hash, hash, type Reader, type Writer } from '@groundwork/primitives'
import { readPayloadVersion, writePayloadVersion } from './version.ts'

/** The last justified target that a vote builds on. */
export interface VoteSource {
  /** -1 for the root. */
  readonly window: number
  /** Zero for the root. */
  readonly hash: Hash
}

export interface VoteTarget {
  readonly window: number
  readonly hash: Hash
  /** Of the ledgers after the target's block, as the voter derived it. */
  readonly stateRoot: Hash
}

/** A validator's word, recorded on the physical chain, that it follows this fork. */
export interface RecordedVote {
  /** Of the epoch in which the stall began. */
  readonly epochId: Hash
  /** 32 bytes, the validator's public key: positions in a set may differ from fork to fork. */
  readonly validator: Bytes
  readonly source: VoteSource
  readonly target: VoteTarget
  readonly signature: Bytes
}

/** A plot's word on the same, with a proof that the space is there. */
export interface SpaceVote {
  readonly plotId: Hash
  /** 32 bytes, the public key that registered the plot. */
  readonly farmer: Bytes
  readonly window: number
  readonly targetHash: Hash
  /** Which of the plot's challenges for this target the proof answers. */
  readonly attempt: number
  /** Empty under proof of work. */
  readonly proof: Bytes
  readonly signature: Bytes
}

/** A plot of k = 16 has no proof for one challenge in two or three, and for one target in eight hundred (ADR 19). */
export const spaceVoteAttempts = 8

function writeRecordedFields(out: Writer, vote: Omit<RecordedVote, 'signature'>): void {
  out.fixed(vote.epochId, 32)
  out.fixed(vote.validator, 32)
  out.u64(vote.source.window + 1)
  out.fixed(vote.source.hash, 32)
  out.u64(vote.target.window)
  out.fixed(vote.target.hash, 32)
  out.fixed(vote.target.stateRoot, 32)
}

export function writeRecordedVote(out: Writer, vote: RecordedVote): void {
  writeRecordedFields(out, vote)
  out.fixed(vote.signature, 64)
}

export function readRecordedVote(from: Reader): RecordedVote {
  return {
    epochId: from.fixed(32),
    validator: from.fixed(32),
    source: { window: from.u64() - 1, hash: from.fixed(32) },
    target: { window: from.u64(), hash: from.fixed(32), stateRoot: from.fixed(32) },
    signature: from.fixed(64),
  }
}

function writeSpaceFields(out: Writer, vote: Omit<SpaceVote, 'signature'>): void {
  out.fixed(vote.plotId, 32)
  out.fixed(vote.farmer, 32)
  out.u64(vote.window)
  out.fixed(vote.targetHash, 32)
  out.u8(vote.attempt)
  out.bytes(vote.proof)
}

export function writeSpaceVote(out: Writer, vote: SpaceVote): void {
  writeSpaceFields(out, vote)
  out.fixed(vote.signature, 64)
}

export function readSpaceVote(from: Reader): SpaceVote {
  return {
    plotId: from.fixed(32),
    farmer: from.fixed(32),
    window: from.u64(),
    targetHash: from.fixed(32),
    attempt: from.u8(),
    proof: from.bytes(proofBytesMax),
    signature: from.fixed(64),
  }
}

/** What the validator signs. The epoch's id binds it to the chain. */
export function recordedVoteMessage(vote: Omit<RecordedVote, 'signature'>): Bytes {
  return hash(
    'groundwork/recorded-vote/1',
    encode((out) => writeRecordedFields(out, vote)),
  )
}

/** What the farmer signs. The target's hash binds it to the chain. */
export function spaceVoteMessage(vote: Omit<SpaceVote, 'signature'>): Bytes {
  return hash(
    'groundwork/space-vote/1',
    encode((out) => writeSpaceFields(out, vote)),
  )
}

/** What the proof of space answers. */
export function spaceVoteChallenge(targetHash: Hash, plotId: Hash, attempt: number): Hash {
  return hash('groundwork/space-vote-challenge/1', targetHash, plotId, Uint8Array.of(attempt))
}

function payload(write: (out: Writer) => void): Bytes {
  return encode((out) => {
    writePayloadVersion(out)
    write(out)
  })
}

function parse<T>(bytes: Bytes, read: (from: Reader) => T): T {
  return decode(bytes, (from) => {
    readPayloadVersion(from)
    return read(from)
  })
}

export const encodeRecordedVote = (vote: RecordedVote): Bytes =>
  payload((out) => writeRecordedVote(out, vote))
/** Throws `CODEC_*`. */
export const decodeRecordedVote = (bytes: Bytes): RecordedVote => parse(bytes, readRecordedVote)
export const encodeSpaceVote = (vote: SpaceVote): Bytes => payload((out) => writeSpaceVote(out, vote))
/** Throws `CODEC_*`. */
export const decodeSpaceVote = (bytes: Bytes): SpaceVote => parse(bytes, readSpaceVote)

/** Of an encoded vote; the proof of a plot of size k has 8k bytes. */
export const recordedVoteBytes: number = 1 + 32 + 32 + 8 + 32 + 8 + 32 + 32 + 64
export const spaceVoteBytes = (k: number): number => 1 + 32 + 32 + 8 + 32 + 1 + 4 + 8 * k + 64
