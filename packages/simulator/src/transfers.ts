import { encodeTransfer, type TransactionBytes, transactionId, transferMessage } from '@groundwork/ledger'
import {
  type Bytes,
  type Hash,
  type Hex,
  type KeyPair,
  type SignatureScheme,
  toHex,
} from '@groundwork/primitives'

export interface SignedTransfer {
  readonly bytes: TransactionBytes
  readonly id: Hex
}

/** A transfer of one coin. */
export function signedTransfer(
  chainId: Hash,
  signatures: SignatureScheme,
  sender: KeyPair,
  transfer: { readonly to: Bytes; readonly nonce: number; readonly fee: bigint },
): SignedTransfer {
  const unsigned = { from: sender.publicKey, amount: 1n, ...transfer }
  const message = transferMessage(chainId, unsigned)
  const bytes = encodeTransfer({ ...unsigned, signature: signatures.sign(sender.secretKey, message) })
  return { bytes, id: toHex(transactionId(bytes)) }
}
