import { CodedError } from '@groundwork/primitives'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ChainSegment, decodeSegment, encodeSegment } from '../src/index.ts'
import { fixedMessages } from './fixed.ts'

const certificate = fixedMessages.find((message) => message.kind === 'certificate')!.certificate
const proposal = fixedMessages.find((message) => message.kind === 'proposal')!.proposal

describe('a segment of the finalized chain', () => {
  const segments: ChainSegment[] = [
    { head: 0, certificate: null, proposals: [] },
    { head: 2 ** 50, certificate, proposals: [proposal, proposal] },
  ]

  it('comes back as it was', () => {
    for (const segment of segments) expect(decodeSegment(encodeSegment(segment))).toEqual(segment)
  })

  it('is decoded from nothing else, without another error than a coded one', () => {
    const bytes = encodeSegment(segments[1]!)
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const other = bytes.slice()
        other[at]! ^= change
        try {
          expect(encodeSegment(decodeSegment(other))).toEqual(other)
        } catch (error) {
          expect(error).toBeInstanceOf(CodedError)
        }
      }),
    )
  })
})
