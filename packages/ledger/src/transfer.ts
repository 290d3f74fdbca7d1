import { type Bytes, decode, encode, type Hash, hash, memoized } from '@groundwork/primitives'

/** A signed movement of funds. Accounts are ed25519 public keys. */
export interface Transfer {
  /** 32 bytes, the sender's public key. */
  readonly from: Bytes
  /** 32 bytes, the receiver's public key. */
  readonly to: Bytes
  /** Below 2^64. */
  readonly amount: bigint
  /** Burnt; below 2^64. */
  readonly fee: bigint
  /** The sender's number of earlier transfers. */
  readonly nonce: number
  /** 64 bytes over `transferMessage`. */
  readonly signature: Bytes
}

/** An encoded transfer as it travels and as it stands in a block body. */
export type TransactionBytes = Bytes

export const transferLength: number = 32 + 32 + 8 + 8 + 8 + 64

/** What the sender signs: bound to one chain. */
export function transferMessage(chainId: Hash, transfer: Omit<Transfer, 'signature'>): Bytes {
  return hash(
    'groundwork/transfer/1',
    encode((out) => {
      out.fixed(chainId, 32)
      out.fixed(transfer.from, 32)
      out.fixed(transfer.to, 32)
      out.bigU64(transfer.amount)
      out.bigU64(transfer.fee)
      out.u64(transfer.nonce)
    }),
  )
}

export function encodeTransfer(transfer: Transfer): TransactionBytes {
  return encode((out) => {
    out.fixed(transfer.from, 32)
    out.fixed(transfer.to, 32)
    out.bigU64(transfer.amount)
    out.bigU64(transfer.fee)
    out.u64(transfer.nonce)
    out.fixed(transfer.signature, 64)
  })
}

/** Throws `CODEC_*`. */
export function decodeTransfer(bytes: TransactionBytes): Transfer {
  return decode(bytes, (from) => ({
    from: from.fixed(32),
    to: from.fixed(32),
    amount: from.bigU64(),
    fee: from.bigU64(),
    nonce: from.u64(),
    signature: from.fixed(64),
  }))
}

export const transactionId: (bytes: TransactionBytes) => Hash = memoized((bytes) =>
  hash('groundwork/transaction/1', bytes),
)
