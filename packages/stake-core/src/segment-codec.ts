import { type Bytes, CodedError, decode, encode } from '@groundwork/primitives'
import { readCertificate, readList, readProposal, writeCertificate, writeProposal } from './codec.ts'
import { maxBlocksPerResponse } from './message-codec.ts'
import type { Certificate, Height, Proposal } from './types.ts'

/** A part of the finalized chain as a node has it, for whoever follows from outside: claims, until they are checked. */
export interface ChainSegment {
  /** Height of the newest final block. */
  readonly head: Height
  /** FINAL: of that block, or of the last of `proposals` if its epoch ended with it; null where there is none. */
  readonly certificate: Certificate | null
  /** Of one epoch, oldest first, without a gap; not always up to the head. */
  readonly proposals: readonly Proposal[]
}

const segmentVersion = 1

export function encodeSegment({ head, certificate, proposals }: ChainSegment): Bytes {
  return encode((out) => {
    out.u8(segmentVersion)
    out.u64(head)
    out.u8(certificate === null ? 0 : 1)
    if (certificate !== null) writeCertificate(out, certificate)
    out.u32(proposals.length)
    for (const proposal of proposals) writeProposal(out, proposal)
  })
}

/** Throws `CODEC_*` on anything that `encodeSegment` does not produce. */
export function decodeSegment(bytes: Bytes): ChainSegment {
  return decode(bytes, (from) => {
    if (from.u8() !== segmentVersion) throw new CodedError('CODEC_VERSION', 'unknown segment version')
    const head = from.u64()
    const flag = from.u8()
    if (flag > 1) throw new CodedError('CODEC_VALUE', 'unknown segment flag')
    const certificate = flag === 1 ? readCertificate(from) : null
    return { head, certificate, proposals: readList(from, maxBlocksPerResponse, readProposal) }
  })
}
