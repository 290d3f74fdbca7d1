import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hash, toHex } from '@groundwork/primitives'
import { createPlot, openPlot, type Plot } from '@groundwork/proof-of-space'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createMeasurement, roundTrips } from '../src/place/measurement.ts'
import {
  decodePlaceMessage,
  encodePlaceMessage,
  noncesPerChallenge,
  proofsNeeded,
} from '../src/place/messages.ts'
import { answerTo } from '../src/place/prover.ts'
import type { FarmedPlot } from '../src/plots.ts'

const dir = mkdtempSync(join(tmpdir(), 'groundwork-place-'))
const plotId = hash('test/plot', Uint8Array.of(1))
let plot: Plot
let plots: Map<string, FarmedPlot>
beforeAll(async () => {
  const file = join(dir, 'one.plot')
  await createPlot({ file, plotId, k: 16 })
  plot = await openPlot(file)
  plots = new Map([[toHex(plotId), { plotId, k: 16, index: 0, plot }]])
})
afterAll(async () => {
  await plot.close()
  rmSync(dir, { recursive: true, force: true })
})

function challenge(frame: Uint8Array) {
  const message = decodePlaceMessage(frame)
  if (message.kind !== 'challenge') throw new Error('no challenge')
  return message
}

it('measures the best of eight round trips to whoever has the plot', () => {
  const measurement = createMeasurement({ plotId, k: 16 }, 3, 100)
  for (let i = 0, nowMs = 0; i < roundTrips; ) {
    const { frame, id } = measurement.next(nowMs)
    const answer = answerTo(challenge(frame), plots)
    nowMs += 5 + ((i * 7) % 4)
    expect(answer?.id).toBe(id)
    expect(measurement.measured).toBeNull()
    expect(measurement.answer(answer!.proofs, nowMs)).toBeNull()
    // Two challenges in a hundred have too few proofs: those rounds do not count.
    if (answer!.proofs.length >= proofsNeeded) i++
  }
  expect(measurement.measured?.rttUs).toBe(5_000)
})

it('takes no answer of an earlier challenge, of another plot, or with a proof twice', () => {
  const measurement = createMeasurement({ plotId, k: 16 }, 3, 0)
  const answered = () => {
    for (;;) {
      const answer = answerTo(challenge(measurement.next(0).frame), plots)
      if (answer!.proofs.length >= proofsNeeded) return answer!.proofs
    }
  }
  const old = answered()
  const fresh = answered()
  expect(measurement.answer(old, 1)).toBe('place-proof')
  expect(measurement.answer([fresh[0]!, fresh[0]!, fresh[1]!], 1)).toBe('place-proofs')
  for (let i = 0; i < 4; i++) expect(measurement.answer(fresh.slice(0, 2), 1)).toBeNull()
  expect(measurement.answer(fresh.slice(0, 2), 1)).toBe('place-proofs')
  expect(measurement.measured).toBeNull()
  expect(measurement.answer([{ ...fresh[0]!, index: 200 }, fresh[1]!, fresh[2]!], 1)).toBe('place-proofs')
  const other = createMeasurement({ plotId: hash('test/plot', Uint8Array.of(2)), k: 16 }, 3, 0)
  expect(answerTo(challenge(other.next(0).frame), plots)).toBeNull()
})

it('messages come back as they were, and garbage is refused', () => {
  const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
  const message = fc.oneof(
    fc.record({ kind: fc.constant('plots' as const), plotIds: fc.array(bytes(32), { maxLength: 64 }) }),
    fc.record({
      kind: fc.constant('challenge' as const),
      plotId: bytes(32),
      epoch: fc.nat(),
      id: fc.nat(),
      nonces: fc.array(bytes(32), { minLength: noncesPerChallenge, maxLength: noncesPerChallenge }),
    }),
    fc.record({
      kind: fc.constant('answer' as const),
      id: fc.nat(),
      proofs: fc.array(fc.record({ index: fc.nat(255), proof: fc.uint8Array({ maxLength: 256 }) }), {
        maxLength: noncesPerChallenge,
      }),
    }),
  )
  fc.assert(
    fc.property(message, (one) => {
      const frame = encodePlaceMessage(one)
      expect(decodePlaceMessage(frame)).toEqual(one)
      expect(() => decodePlaceMessage(frame.subarray(0, -1))).toThrow()
    }),
  )
})
