import { type Bytes, CodedError, keyPair } from '@groundwork/primitives'
import { publicKeyFromRaw } from '@libp2p/crypto/keys'
import { peerIdFromPublicKey } from '@libp2p/peer-id'

/** The libp2p peer id, in base58, of a 32-byte ed25519 seed. Throws `TRANSPORT_KEY`. */
export function peerIdOf(networkKey: Bytes): string {
  if (networkKey.length !== 32) {
    throw new CodedError('TRANSPORT_KEY', `a network key has 32 bytes, got ${networkKey.length}`)
  }
  return peerIdFromPublicKey(publicKeyFromRaw(keyPair(networkKey).publicKey)).toString()
}
