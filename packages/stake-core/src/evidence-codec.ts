import { type Bytes, CodedError, decode, encode, type Reader, type Writer } from '@groundwork/primitives'
import { readJustifiedHeader, readVote, writeJustifiedHeader, writeVote } from './codec.ts'
import type { Evidence } from './evidence.ts'

const rules: readonly Evidence['rule'][] = ['S1', 'S2', 'S3', 'S5']

export function encodeEvidence(evidence: Evidence): Bytes {
  return encode((out) => {
    out.u8(rules.indexOf(evidence.rule) + 1)
    out.fixed(evidence.epochId, 32)
    out.u64(evidence.view)
    out.u16(evidence.offender)
    writeObjects(out, evidence)
  })
}

/** Throws `CODEC_*`. Decoded evidence proves nothing until `verifyEvidence` says so. */
export function decodeEvidence(bytes: Bytes): Evidence {
  return decode(bytes, (from) => {
    const rule = rules[from.u8() - 1]
    const base = { epochId: from.fixed(32), view: from.u64(), offender: from.u16() }
    if (rule === 'S1' || rule === 'S2') return { rule, ...base, a: readVote(from), b: readVote(from) }
    if (rule === 'S3') return { rule, ...base, vote: readVote(from), block: readJustifiedHeader(from) }
    if (rule === 'S5') return { rule, ...base, a: readSigned(from), b: readSigned(from) }
    throw new CodedError('CODEC_VALUE', 'unknown evidence rule')
  })
}

function writeObjects(out: Writer, evidence: Evidence): void {
  switch (evidence.rule) {
    case 'S1':
    case 'S2':
      writeVote(out, evidence.a)
      return writeVote(out, evidence.b)
    case 'S3':
      writeVote(out, evidence.vote)
      return writeJustifiedHeader(out, evidence.block)
    case 'S5':
      for (const signed of [evidence.a, evidence.b]) {
        writeJustifiedHeader(out, signed)
        out.fixed(signed.signature, 64)
      }
  }
}

function readSigned(from: Reader) {
  return { ...readJustifiedHeader(from), signature: from.fixed(64) }
}
