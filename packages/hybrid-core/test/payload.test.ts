import { readFileSync } from 'node:fs'
import { type Bytes, toHex } from '@groundwork/primitives'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  decodeCharge,
  decodeCheckpoint,
  decodeCheckpointBodies,
  decodeForced,
  decodeRecordedVote,
  decodeSpaceVote,
  encodeCharge,
  encodeCheckpoint,
  encodeCheckpointBodies,
  encodeForced,
  encodeRecordedVote,
  encodeSpaceVote,
  recordedVoteBytes,
  spaceVoteBytes,
} from '../src/index.ts'
import { fixedPayloads } from './fixed.ts'

const golden = JSON.parse(
  readFileSync(new URL('../../../test/vectors/hybrid-payloads-v1.json', import.meta.url), 'utf8'),
) as Record<string, string>

const codecs: Readonly<Record<string, readonly [(bytes: Bytes) => unknown, (value: never) => Bytes]>> = {
  checkpoint: [decodeCheckpoint, encodeCheckpoint],
  bodies: [decodeCheckpointBodies, encodeCheckpointBodies],
  forced: [decodeForced, encodeForced],
  recordedVote: [decodeRecordedVote, encodeRecordedVote],
  spaceVote: [decodeSpaceVote, encodeSpaceVote],
  stakeCharge: [decodeCharge, encodeCharge],
  stateCharge: [decodeCharge, encodeCharge],
  recordedCharge: [decodeCharge, encodeCharge],
  spaceCharge: [decodeCharge, encodeCharge],
}

test('version 1 of every payload is pinned byte for byte', () => {
  const encoded = Object.fromEntries(
    Object.entries(fixedPayloads).map(([name, bytes]) => [name, toHex(bytes)]),
  )
  expect(encoded).toEqual(golden)
  expect(Object.keys(codecs).sort()).toEqual(Object.keys(golden).sort())
})

test.each(Object.keys(codecs))('%s: what was written is read, and written the same', (name) => {
  const [read, write] = codecs[name]!
  const bytes = fixedPayloads[name]!
  expect(toHex(write(read(bytes) as never))).toBe(toHex(bytes))
})

test.each(Object.keys(codecs))(
  '%s: damaged bytes are refused with a code, or are another canonical value',
  (name) => {
    const [read, write] = codecs[name]!
    const bytes = fixedPayloads[name]!
    const damage = fc.record({
      at: fc.nat(bytes.length - 1),
      to: fc.integer({ min: 0, max: 255 }),
      cut: fc.oneof(fc.constant(0), fc.nat(bytes.length)),
      more: fc.uint8Array({ maxLength: 4 }),
    })
    fc.assert(
      fc.property(damage, ({ at, to, cut, more }) => {
        const bad = new Uint8Array([...bytes.slice(0, bytes.length - cut), ...more])
        if (at < bad.length) bad[at] = to
        try {
          expect(toHex(write(read(bad) as never))).toBe(toHex(bad))
        } catch (error) {
          expect((error as { code?: string }).code).toMatch(/^(CODEC|BYTES)_/)
        }
      }),
      { numRuns: 300 },
    )
  },
)

test('votes have the sizes that the room for votes is computed with', () => {
  expect(fixedPayloads.recordedVote).toHaveLength(recordedVoteBytes)
  expect(fixedPayloads.spaceVote).toHaveLength(spaceVoteBytes(16))
})
