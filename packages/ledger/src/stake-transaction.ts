import { type Bytes, CodedError, decode, encode, type Hash, hash, type Writer } from '@groundwork/primitives'
import {
  decodeTransfer,
  type TransactionBytes,
  type Transfer,
  transferLength,
  transferMessage,
} from './transfer.ts'

/** Bond: turns the sender's funds into its stake as a validator. Unbond: asks for stake back. */
export interface StakeTransaction {
  readonly kind: 'bond' | 'unbond'
  /** 32 bytes: the account, and the validator's key. */
  readonly from: Bytes
  /** Below 2^64. */
  readonly amount: bigint
  /** Burnt; below 2^64. */
  readonly fee: bigint
  /** One count with transfers. */
  readonly nonce: number
  /** 64 bytes over `stakeTransactionMessage`. */
  readonly signature: Bytes
}

export type Transaction = { readonly kind: 'transfer'; readonly transfer: Transfer } | StakeTransaction

/** A tag is a position in this list, from 1. */
const kinds: readonly StakeTransaction['kind'][] = ['bond', 'unbond']

/** Not the length of a transfer: the two are told apart by it. */
export const stakeTransactionLength: number = 1 + 32 + 8 + 8 + 8 + 64

function writeFields(out: Writer, transaction: Omit<StakeTransaction, 'signature'>): void {
  out.u8(kinds.indexOf(transaction.kind) + 1)
  out.fixed(transaction.from, 32)
  out.bigU64(transaction.amount)
  out.bigU64(transaction.fee)
  out.u64(transaction.nonce)
}

/** What the sender signs: bound to one chain. */
export function stakeTransactionMessage(
  chainId: Hash,
  transaction: Omit<StakeTransaction, 'signature'>,
): Bytes {
  return hash(
    'groundwork/stake-transaction/1',
    encode((out) => {
      out.fixed(chainId, 32)
      writeFields(out, transaction)
    }),
  )
}

export function encodeStakeTransaction(transaction: StakeTransaction): TransactionBytes {
  return encode((out) => {
    writeFields(out, transaction)
    out.fixed(transaction.signature, 64)
  })
}

/** Throws `CODEC_*`. */
export function decodeStakeTransaction(bytes: TransactionBytes): StakeTransaction {
  return decode(bytes, (from) => {
    const kind = kinds[from.u8() - 1]
    if (kind === undefined) throw new CodedError('CODEC_VALUE', 'unknown stake transaction')
    return {
      kind,
      from: from.fixed(32),
      amount: from.bigU64(),
      fee: from.bigU64(),
      nonce: from.u64(),
      signature: from.fixed(64),
    }
  })
}

/** A transaction of any kind. Throws `CODEC_*`. */
export function decodeTransaction(bytes: TransactionBytes): Transaction {
  return bytes.length === transferLength
    ? { kind: 'transfer', transfer: decodeTransfer(bytes) }
    : decodeStakeTransaction(bytes)
}

export function senderOf(transaction: Transaction): Bytes {
  return transaction.kind === 'transfer' ? transaction.transfer.from : transaction.from
}

/** Who has to have signed what with what. */
export function transactionSignature(
  chainId: Hash,
  transaction: Transaction,
): { readonly publicKey: Bytes; readonly message: Bytes; readonly signature: Bytes } {
  if (transaction.kind === 'transfer') {
    const { transfer } = transaction
    return {
      publicKey: transfer.from,
      message: transferMessage(chainId, transfer),
      signature: transfer.signature,
    }
  }
  const { from: publicKey, signature } = transaction
  return { publicKey, message: stakeTransactionMessage(chainId, transaction), signature }
}
