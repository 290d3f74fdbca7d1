import { createPrivateKey, type KeyObject, sign } from 'node:crypto'
import { encodeTransfer, transactionId, transferMessage } from '@groundwork/ledger'
import { type Bytes, type Hash, type KeyPair, toHex } from '@groundwork/primitives'

/** An account that signs without deriving its key each time. */
export interface Signer {
  readonly publicKey: Bytes
  readonly key: KeyObject
}

export interface SignedTransfer {
  readonly bytes: Bytes
  readonly id: string
}

const pkcs8Ed25519 = Buffer.from('302e020100300506032b657004220420', 'hex')

export function signerOf({ publicKey, secretKey }: KeyPair): Signer {
  const der = Buffer.concat([pkcs8Ed25519, secretKey])
  return { publicKey, key: createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }) }
}

/** A transfer of one coin, if not said otherwise. */
export function signedTransfer(
  chainId: Hash,
  from: Signer,
  transfer: { readonly to: Bytes; readonly nonce: number; readonly fee: bigint; readonly amount?: bigint },
): SignedTransfer {
  const unsigned = { from: from.publicKey, amount: 1n, ...transfer }
  const signature = new Uint8Array(sign(null, transferMessage(chainId, unsigned), from.key))
  const bytes = encodeTransfer({ ...unsigned, signature })
  return { bytes, id: toHex(transactionId(bytes)) }
}
