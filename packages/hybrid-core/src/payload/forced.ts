import { stakeTransactionLength, type TransactionBytes, transferLength } from '@groundwork/ledger'
import { type Bytes, decode, encode } from '@groundwork/primitives'
import { readPayloadVersion, writePayloadVersion } from './version.ts'

/** G_tx: longer transactions cannot be forced in. */
export const forcedBytesMax: number = Math.max(transferLength, stakeTransactionLength)

/** A transaction of the stake chain that has to be executed. What is in it is seen at execution. */
export function encodeForced(transaction: TransactionBytes): Bytes {
  return encode((out) => {
    writePayloadVersion(out)
    out.bytes(transaction)
  })
}

/** Throws `CODEC_*`. */
export function decodeForced(bytes: Bytes): TransactionBytes {
  return decode(bytes, (from) => {
    readPayloadVersion(from)
    return from.bytes(forcedBytesMax)
  })
}
