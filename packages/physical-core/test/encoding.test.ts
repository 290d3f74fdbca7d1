import { readFileSync } from 'node:fs'
import { CodedError, toHex } from '@groundwork/primitives'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  activeSlotsPpm,
  blockChecks,
  chainRules,
  checkGenesis,
  decodeBlock,
  decodeItem,
  decodePhysicalMessage,
  encodeBlock,
  encodePhysicalMessage,
  epochOf,
  firstSlotOf,
  genesisState,
  itemMessage,
  laneOf,
  lastSlotOf,
  opaqueKinds,
  type PhysicalGenesis,
  physicalProfiles,
  plotIdOf,
  registrationChallengeOf,
  slotAt,
  slotStartMs,
  targetBlocks,
} from '../src/index.ts'
import { fixedBlock, fixedItems, fixedMessages } from './fixed.ts'
import { easyRules, forge, registration } from './forge.ts'
import { goldenVectors } from './golden.ts'
import { testGenesis } from './model.ts'

const golden = JSON.parse(
  readFileSync(new URL('../../../test/vectors/physical-v1.json', import.meta.url), 'utf8'),
) as Record<string, string>

describe('encodings', () => {
  test('version 1 is pinned byte for byte', () => {
    expect(goldenVectors()).toEqual(golden)
  })

  test('everything survives the round trip', () => {
    for (const message of fixedMessages)
      expect(decodePhysicalMessage(encodePhysicalMessage(message))).toEqual(message)
    expect(decodeBlock(encodeBlock(fixedBlock))).toEqual(fixedBlock)
    expect(new Set(fixedItems.map(({ kind }) => laneOf(kind))).size).toBe(5)
  })

  test('cut, changed or extended frames are decoded canonically or refused with a code, never anything else', () => {
    const frames = fixedMessages.map(encodePhysicalMessage)
    const attempt = (frame: Uint8Array) => {
      try {
        expect(toHex(encodePhysicalMessage(decodePhysicalMessage(frame)))).toBe(toHex(frame))
      } catch (error) {
        if (!(error instanceof CodedError)) throw error
        expect(error.code).toMatch(/^CODEC_/)
      }
    }
    fc.assert(
      fc.property(fc.nat(frames.length - 1), fc.nat(), fc.nat(255), fc.boolean(), (which, at, byte, cut) => {
        const frame = Uint8Array.from(frames[which]!)
        frame[at % frame.length] = byte
        attempt(cut ? frame.subarray(0, at % frame.length) : frame)
      }),
      { numRuns: 2_000 },
    )
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), attempt), { numRuns: 2_000 })
  })

  test('unknown tags are refused', () => {
    for (const tag of [0, 11, 255])
      expect(() => decodeItem(Uint8Array.of(tag, 0, 0, 0, 0))).toThrow('unknown item kind')
    expect(() => decodePhysicalMessage(Uint8Array.of(1, 10))).toThrow('unknown message kind')
    expect(() => decodePhysicalMessage(Uint8Array.of(2, 1))).toThrow('unknown message version')
    expect(opaqueKinds.length).toBe(6)
  })
})

describe('checks without state', () => {
  test('a block lists its proof of space, its signature and those of its items', () => {
    const rules = easyRules()
    const items = [registration(rules, 4, 0)]
    const { block } = forge(rules, genesisState(rules), { slot: 1, items })
    const { trunk, others } = blockChecks(rules, block)
    expect(trunk).toMatchObject({ kind: 'space', k: 16, plotId: block.trunk.plotId })
    expect(others.map(({ kind }) => kind)).toEqual(['signature', 'signature', 'space'])
    expect(others[2]).toMatchObject({
      challenge: registrationChallengeOf(rules.chainId, plotIdOf(items[0]!.farmer, 0), 0),
    })
    expect(toHex(itemMessage(rules.chainId, items[0]!))).not.toBe(
      toHex(itemMessage(rules.chainId, { ...items[0]!, k: 17 })),
    )
  })
})

describe('PC1: slots', () => {
  test('epochs and the wall clock', () => {
    const rules = easyRules()
    expect([0, 1, 64, 65, 128].map((slot) => epochOf(rules, slot))).toEqual([0, 0, 0, 1, 1])
    expect([firstSlotOf(rules, 1), lastSlotOf(rules, 1)]).toEqual([65, 128])
    const { genesis } = rules
    expect([-5000, 0, 999, 1000].map((ms) => slotAt(genesis, ms))).toEqual([0, 1, 1, 2])
    expect(slotStartMs(genesis, slotAt(genesis, 5432))).toBe(5000)
  })
})

describe('genesis', () => {
  const good = testGenesis({ plots: [2, 1] })
  const [plot] = good.plots
  const withParameters = (parameters: object) => ({
    ...good,
    parameters: { ...good.parameters, ...parameters },
  })
  const cases: [where: string, genesis: PhysicalGenesis, right: string][] = [
    ['chain', { ...good, chain: '' }, '1 to 64 ASCII characters'],
    ['parameters.slotMs', withParameters({ slotMs: 0.5 }), 'an integer from 20 to 600000'],
    ['parameters.engine', withParameters({ engine: 'stake' }), 'space or work'],
    ['parameters.vdf', withParameters({ vdf: { kind: 'pietrzak' } }), 'wesolowski or none'],
    ['parameters.vdf.squarings', withParameters({ vdf: { kind: 'wesolowski', squarings: 5 } }), 'from 1024'],
    ['parameters.winnersPerSlotMilli', withParameters({ winnersPerSlotMilli: 700 }), 'one of 250, 500, 600'],
    ['parameters.initialDifficulty', withParameters({ initialDifficulty: 0n }), 'a big integer from 1'],
    ['parameters.seedLagSlots', withParameters({ seedLagSlots: 65 }), 'at most epochSlots (64)'],
    ['parameters.kMin', withParameters({ kMin: 20, kMax: 18 }), 'at most kMax (18)'],
    ['parameters.unlocatedMilli', withParameters({ locatedMilli: 400 }), 'at most locatedMilli (400)'],
    [
      'parameters.laneBytes.forced',
      withParameters({ laneBytes: { ...good.parameters.laneBytes, forced: -1 } }),
      'from 0',
    ],
    [
      'parameters.maxBlockBytes',
      withParameters({ maxBlockBytes: 123_000 }),
      'at least the lanes and a header (123904)',
    ],
    [
      'parameters.regionCapMilli',
      withParameters({ regionCapMilli: 300 }),
      '1000, or at least 1000 / regions (3)',
    ],
    ['regions', { ...good, regions: [] }, '1 to 64 regions'],
    ['regions[1]', { ...good, regions: [good.regions[0]!, good.regions[0]!] }, 'one of its own'],
    ['regions[0].minRttUs', { ...good, regions: good.regions.slice(0, 1) }, 'one bound for each region (1)'],
    ['landmarks[0].region', { ...good, landmarks: [{ publicKey: plot!.farmer, region: 3 }] }, 'from 0 to 2'],
    ['plots[0].k', { ...good, plots: [{ ...plot!, k: 15 }] }, 'from 16 to 32'],
    ['plots[1]', { ...good, plots: [plot!, plot!] }, 'one of its own'],
    ['plots[0].farmer', { ...good, plots: [{ ...plot!, farmer: new Uint8Array(31) }] }, '32 bytes'],
  ]
  test.each(cases)('%s: one line says what is wrong', (where, genesis, right) => {
    let error: unknown
    try {
      checkGenesis(genesis)
    } catch (thrown) {
      error = thrown
    }
    expect(error).toBeInstanceOf(CodedError)
    const { code, message, details } = error as CodedError
    expect({ code, where: details.where }).toEqual({ code: 'PHYSICAL_PARAMETERS', where })
    expect(message).toContain(right)
    expect(message.split('\n').length).toBe(1)
  })

  test('the profiles are good, and another parameter is another chain', () => {
    for (const parameters of Object.values(physicalProfiles)) {
      expect(() => checkGenesis({ ...good, parameters })).not.toThrow()
    }
    const idOf = (parameters: object) => toHex(chainRules(withParameters(parameters)).chainId)
    const ids = [{}, { kappa: 7 }, { slotMs: 999 }, { engine: 'work' as const, unlocatedMilli: 499 }]
      .slice(0, 3)
      .map(idOf)
    expect(new Set(ids).size).toBe(3)
  })

  test('PC9: the table of active slots is 1 - e^-x', () => {
    for (const [milli, ppm] of Object.entries(activeSlotsPpm))
      expect(Math.abs(ppm - 1e6 * (1 - Math.exp(-Number(milli) / 1000)))).toBeLessThanOrEqual(0.5)
    expect([targetBlocks(physicalProfiles.demo), targetBlocks(physicalProfiles.adversarial)]).toEqual([
      162, 116,
    ])
  })
})
