import type { StoredHead } from '@groundwork/host'
import type { Account, Ledger } from '@groundwork/ledger'
import { type Bytes, decode, encode, type Hash } from '@groundwork/primitives'
import {
  type Certificate,
  type FinalizedBlock,
  readCertificate,
  readList,
  readProposal,
  writeCertificate,
  writeProposal,
} from '@groundwork/stake-core'

/** Version of everything in the database: the layout of its keys and the records below. */
export const storeFormat = 1

const maxTransactionIds = 65_536

/** What the meta record `head` says: the newest block, its certificate, and the state root after it. */
export interface HeadRecord extends StoredHead {
  readonly certificate: Certificate
  readonly stateRoot: Hash
}

/** The meta record `base`, in place of `head`: an epoch that the physical chain began, and that has no block yet. */
export interface BaseRecord extends StoredHead {
  readonly certificate: null
  readonly stateRoot: Hash
}

/** The block's hash is its key. */
export function encodeBlock({ block, signature, transactionIds }: FinalizedBlock): Bytes {
  return encode((out) => {
    writeProposal(out, { block, signature })
    out.u32(transactionIds.length)
    for (const id of transactionIds) out.fixed(id, 32)
  })
}

export function decodeBlock(hash: Hash, record: Bytes): FinalizedBlock {
  return decode(record, (from) => ({
    ...readProposal(from),
    hash,
    transactionIds: readList(from, maxTransactionIds, (item) => item.fixed(32)),
  }))
}

/** Big-endian, so that keys are in the order of heights. */
export function heightKey(height: number): Bytes {
  return encode((out) => out.u64(height))
}

export function encodeAccount({ balance, nonce }: Account): Bytes {
  return encode((out) => {
    out.bigU64(balance)
    out.u64(nonce)
  })
}

export function decodeAccount(record: Bytes): Account {
  return decode(record, (from) => ({ balance: from.bigU64(), nonce: from.u64() }))
}

export function encodeHead({ height, hash, certificate, stateRoot }: HeadRecord): Bytes {
  return encode((out) => {
    out.u64(height)
    out.fixed(hash, 32)
    out.fixed(stateRoot, 32)
    writeCertificate(out, certificate)
  })
}

export function decodeHead(record: Bytes): HeadRecord {
  return decode(record, (from) => ({
    height: from.u64(),
    hash: from.fixed(32),
    stateRoot: from.fixed(32),
    certificate: readCertificate(from),
  }))
}

export function encodeBase({ height, hash, stateRoot }: BaseRecord): Bytes {
  return encode((out) => {
    out.u64(height)
    out.fixed(hash, 32)
    out.fixed(stateRoot, 32)
  })
}

export function decodeBase(record: Bytes): BaseRecord {
  return decode(record, (from) => ({
    height: from.u64(),
    hash: from.fixed(32),
    stateRoot: from.fixed(32),
    certificate: null,
  }))
}

export function headOf(
  blocks: readonly FinalizedBlock[],
  certificate: Certificate,
  ledger: Ledger,
): HeadRecord {
  const last = blocks.at(-1) as FinalizedBlock
  return { height: last.block.header.height, hash: last.hash, certificate, stateRoot: ledger.root }
}
