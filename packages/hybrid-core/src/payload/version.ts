import { CodedError, type Reader, type Writer } from '@groundwork/primitives'

/** Of everything that the physical chain carries for the stake chain; golden vectors pin it. */
export const payloadVersion = 1

export function writePayloadVersion(out: Writer): void {
  out.u8(payloadVersion)
}

export function readPayloadVersion(from: Reader): void {
  if (from.u8() !== payloadVersion) throw new CodedError('CODEC_VERSION', 'unknown version of a payload')
}
