import {
  encodeStakeTransaction,
  encodeTransfer,
  type StakeTransaction,
  stakeTransactionMessage,
  type TransactionBytes,
  transactionId,
  transferMessage,
} from '@groundwork/ledger'
import {
  type Bytes,
  type Hash,
  type Hex,
  type KeyPair,
  type SignatureScheme,
  toHex,
} from '@groundwork/primitives'

export interface SignedTransaction {
  readonly bytes: TransactionBytes
  readonly id: Hex
}

/** A bond or an unbond of the validator with these keys. */
export function signedStakeTransaction(
  chainId: Hash,
  signatures: SignatureScheme,
  owner: KeyPair,
  request: Pick<StakeTransaction, 'kind' | 'amount' | 'nonce' | 'fee'>,
): SignedTransaction {
  const unsigned = { from: owner.publicKey, ...request }
  const message = stakeTransactionMessage(chainId, unsigned)
  const bytes = encodeStakeTransaction({ ...unsigned, signature: signatures.sign(owner.secretKey, message) })
  return { bytes, id: toHex(transactionId(bytes)) }
}

/** A transfer of one coin. */
export function signedTransfer(
  chainId: Hash,
  signatures: SignatureScheme,
  sender: KeyPair,
  transfer: { readonly to: Bytes; readonly nonce: number; readonly fee: bigint },
): SignedTransaction {
  const unsigned = { from: sender.publicKey, amount: 1n, ...transfer }
  const message = transferMessage(chainId, unsigned)
  const bytes = encodeTransfer({ ...unsigned, signature: signatures.sign(sender.secretKey, message) })
  return { bytes, id: toHex(transactionId(bytes)) }
}
