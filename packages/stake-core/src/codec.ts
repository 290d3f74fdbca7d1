import { transferLength } from '@groundwork/ledger'
import {
  type Bytes,
  CodedError,
  decode,
  encode,
  type Hash,
  hash,
  type Reader,
  type Writer,
} from '@groundwork/primitives'
import type {
  Block,
  Certificate,
  Header,
  Justification,
  JustifiedHeader,
  Proposal,
  Vote,
  VoteSignature,
  VoteType,
} from './types.ts'
import { maxValidators } from './validator-set.ts'

/** Version 1 of every encoding; golden vectors pin it. Bounds here are absolute, the genesis parameters are tighter. */
export const codecVersion = 1

const voteTypes: readonly VoteType[] = ['notar', 'skip', 'final']
const maxSkipsEncoded = 4096
const maxTransactionsEncoded = 65_536
const maxTransactionBytes = 4096

export function writeVoteType(out: Writer, type: VoteType): void {
  out.u8(voteTypes.indexOf(type) + 1)
}

export function readVoteType(from: Reader): VoteType {
  const type = voteTypes[from.u8() - 1]
  if (type === undefined) throw new CodedError('CODEC_VALUE', 'unknown vote type')
  return type
}

export function writeVote(out: Writer, vote: Vote): void {
  out.fixed(vote.epochId, 32)
  out.u64(vote.view)
  writeVoteType(out, vote.type)
  out.fixed(vote.hash, 32)
  out.u16(vote.voter)
  out.fixed(vote.signature, 64)
}

export function readVote(from: Reader): Vote {
  return {
    epochId: from.fixed(32),
    view: from.u64(),
    type: readVoteType(from),
    hash: from.fixed(32),
    voter: from.u16(),
    signature: from.fixed(64),
  }
}

export function writeCertificate(out: Writer, certificate: Certificate): void {
  out.fixed(certificate.epochId, 32)
  out.u64(certificate.view)
  writeVoteType(out, certificate.type)
  out.fixed(certificate.hash, 32)
  const last = certificate.signatures.at(-1)
  const bitmap = new Uint8Array(last === undefined ? 0 : (last.voter >> 3) + 1)
  for (const { voter } of certificate.signatures) bitmap[voter >> 3]! |= 1 << (voter & 7)
  out.bytes(bitmap)
  for (const { signature } of certificate.signatures) out.fixed(signature, 64)
}

export function readCertificate(from: Reader): Certificate {
  const epochId = from.fixed(32)
  const view = from.u64()
  const type = readVoteType(from)
  const blockHash = from.fixed(32)
  const bitmap = from.bytes(Math.ceil(maxValidators / 8))
  if (bitmap.length > 0 && bitmap.at(-1) === 0)
    throw new CodedError('CODEC_VALUE', 'signer bitmap not minimal')
  const signatures: VoteSignature[] = []
  for (let voter = 0; voter < bitmap.length * 8; voter++) {
    if (((bitmap[voter >> 3] as number) >> (voter & 7)) & 1)
      signatures.push({ voter, signature: from.fixed(64) })
  }
  return { epochId, view, type, hash: blockHash, signatures }
}

export function writeHeader(out: Writer, header: Header): void {
  out.u8(codecVersion)
  out.fixed(header.epochId, 32)
  out.u64(header.view)
  out.u64(header.height)
  out.fixed(header.parentHash, 32)
  out.u64(header.parentView)
  out.fixed(header.justificationRoot, 32)
  out.u64(header.anchor.height)
  out.fixed(header.anchor.hash, 32)
  out.fixed(header.forcedRoot, 32)
  out.fixed(header.transactionsRoot, 32)
  out.fixed(header.stateRoot, 32)
  out.u64(header.credit)
  out.fixed(header.validatorsHash, 32)
  out.fixed(header.nextValidatorsHash, 32)
  out.u16(header.proposer)
}

export function readHeader(from: Reader): Header {
  if (from.u8() !== codecVersion) throw new CodedError('CODEC_VERSION', 'unknown header version')
  return {
    epochId: from.fixed(32),
    view: from.u64(),
    height: from.u64(),
    parentHash: from.fixed(32),
    parentView: from.u64(),
    justificationRoot: from.fixed(32),
    anchor: { height: from.u64(), hash: from.fixed(32) },
    forcedRoot: from.fixed(32),
    transactionsRoot: from.fixed(32),
    stateRoot: from.fixed(32),
    credit: from.u64(),
    validatorsHash: from.fixed(32),
    nextValidatorsHash: from.fixed(32),
    proposer: from.u16(),
  }
}

export function writeJustification(out: Writer, justification: Justification): void {
  out.u8(justification.parent === null ? 0 : 1)
  if (justification.parent !== null) writeCertificate(out, justification.parent)
  out.u32(justification.skips.length)
  for (const skip of justification.skips) writeCertificate(out, skip)
}

export function readJustification(from: Reader): Justification {
  const flag = from.u8()
  if (flag > 1) throw new CodedError('CODEC_VALUE', 'unknown justification flag')
  const parent = flag === 1 ? readCertificate(from) : null
  return { parent, skips: readList(from, maxSkipsEncoded, readCertificate) }
}

export function writeJustifiedHeader(out: Writer, block: JustifiedHeader): void {
  writeHeader(out, block.header)
  writeJustification(out, block.justification)
}

export function readJustifiedHeader(from: Reader): JustifiedHeader {
  return { header: readHeader(from), justification: readJustification(from) }
}

export function writeProposal(out: Writer, { block, signature }: Proposal): void {
  writeJustifiedHeader(out, block)
  writeTransactions(out, block.body)
  out.fixed(signature, 64)
}

export function readProposal(from: Reader): Proposal {
  const { header, justification } = readJustifiedHeader(from)
  const body = readTransactions(from)
  return { block: { header, justification, body }, signature: from.fixed(64) }
}

export function writeTransactions(out: Writer, transactions: readonly Bytes[]): void {
  out.u32(transactions.length)
  for (const transaction of transactions) out.bytes(transaction)
}

export function readTransactions(from: Reader): Bytes[] {
  return readList(from, maxTransactionsEncoded, (item) =>
    item.bytes(Math.max(maxTransactionBytes, transferLength)),
  )
}

export function readList<T>(from: Reader, max: number, read: (from: Reader) => T): T[] {
  const items: T[] = []
  for (let left = from.count(max); left > 0; left--) items.push(read(from))
  return items
}

export const encodeVote = (vote: Vote): Bytes => encode((out) => writeVote(out, vote))
export const decodeVote = (bytes: Bytes): Vote => decode(bytes, readVote)
export const encodeCertificate = (certificate: Certificate): Bytes =>
  encode((out) => writeCertificate(out, certificate))
export const decodeCertificate = (bytes: Bytes): Certificate => decode(bytes, readCertificate)
export const encodeHeader = (header: Header): Bytes => encode((out) => writeHeader(out, header))
export const decodeHeader = (bytes: Bytes): Header => decode(bytes, readHeader)
export const encodeJustifiedHeader = (block: JustifiedHeader): Bytes =>
  encode((out) => writeJustifiedHeader(out, block))
export const decodeJustifiedHeader = (bytes: Bytes): JustifiedHeader => decode(bytes, readJustifiedHeader)
export const encodeProposal = (proposal: Proposal): Bytes => encode((out) => writeProposal(out, proposal))
export const decodeProposal = (bytes: Bytes): Proposal => decode(bytes, readProposal)

/** A block is named by its header, which commits to everything else. */
export function hashHeader(header: Header): Hash {
  const known = headerHashes.get(header)
  if (known !== undefined) return known
  const made = hash('groundwork/header/1', encodeHeader(header))
  headerHashes.set(header, made)
  return made
}

/** Headers never change, and each is asked for its hash at every turn. */
const headerHashes = new WeakMap<Header, Hash>()

export function hashJustification(justification: Justification): Hash {
  return hash(
    'groundwork/justification/1',
    encode((out) => writeJustification(out, justification)),
  )
}

export function hashTransactions(ids: readonly Hash[]): Hash {
  return hash('groundwork/transactions/1', ...ids)
}

/** The bytes of a body as they count against limits. */
export function bodyBytes(block: Pick<Block, 'body'>): number {
  return block.body.reduce((sum, transaction) => sum + transaction.length + 4, 4)
}
