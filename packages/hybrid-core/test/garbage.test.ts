import type { Item, OpaqueKind } from '@groundwork/physical-core'
import { prng, toHex } from '@groundwork/primitives'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { deriveRoot, hybridProfiles, supplyOf } from '../src/index.ts'
import { fixedPayloads } from './fixed.ts'
import { forced, type Harness, harness, party } from './harness.ts'

const { ci } = hybridProfiles
const kinds: readonly OpaqueKind[] = [
  'checkpoint',
  'checkpoint-bodies',
  'forced-transaction',
  'stake-evidence',
  'recorded-vote',
  'space-vote',
]

/** Well-formed things out of place, repeated, damaged, under other names, and noise. */
function garbage(h: Harness, random: ReturnType<typeof prng>): Item[] {
  const seen = h.blocks.flatMap(({ block }) => block.items)
  const items: Item[] = []
  for (let i = random.below(5); i > 0; i--) {
    const kind = random.pick(kinds)
    const noise = Uint8Array.from({ length: random.below(80) }, () => random.below(256))
    const old = seen.length > 0 ? random.pick(seen) : { kind, bytes: noise }
    const choice = random.below(4)
    if (choice === 0) items.push({ kind, bytes: noise })
    else if (choice === 1) items.push({ kind, bytes: random.pick(Object.values(fixedPayloads)) })
    else if (choice === 2) items.push(old)
    else if ('bytes' in old && old.bytes.length > 0) {
      const bytes = Uint8Array.from(old.bytes)
      bytes[random.below(bytes.length)]! ^= 1 << random.below(8)
      items.push({ kind: old.kind, bytes })
    }
  }
  return random.shuffle(items)
}

/** A life with faults: forced transactions, deposits, stalls, votes, and garbage in every block. */
function live(seed: number, blocks: number): Harness {
  const random = prng(seed)
  const h = harness({ parameters: { ...ci, epochHeights: 8 }, weights: [5, 4, 3, 2] })
  let nonce = 0
  let stalledUntil = 0
  for (let i = 0; i < blocks; i++) {
    const items = garbage(h, random)
    const { recorded } = h.state.mode
    if (random.chance(1, 40)) stalledUntil = i + random.between(5, 30)
    if (recorded === null && i >= stalledUntil && h.state.height > ci.kappa) items.push(...h.checkpoint())
    if (random.chance(1, 6)) items.push(forced(h.transfer(nonce++)))
    if (random.chance(1, 20)) items.push(forced(h.stake('bond', party('newcomer'), 3n, random.below(4))))
    if (random.chance(1, 20)) items.push(forced(h.stake('unbond', h.validators[0]!, 1n, random.below(3))))
    if (recorded?.open != null) {
      for (const one of h.validators) if (random.chance(1, 5)) items.push(h.recordedVote(one))
      for (const one of h.farmers) if (random.chance(1, 4)) items.push(h.spaceVote(one))
    }
    h.mine(items)
  }
  return h
}

test('whatever stands in blocks: derive goes on, loses no coin, and does not care who runs it', () => {
  const modes = new Set<string>()
  fc.assert(
    fc.property(fc.nat(1_000_000), (seed) => {
      const h = live(seed, 160)
      const again = live(seed, 160)
      expect(toHex(deriveRoot(again.state))).toBe(toHex(deriveRoot(h.state)))
      const supply = supplyOf(h.states[0]!.execution)
      for (const { execution, anchored, mode } of h.states) {
        modes.add(mode.recorded === null ? `fast ${mode.exits > 0}` : 'recorded')
        expect(supplyOf(execution)).toBe(supply)
        expect(supplyOf(anchored)).toBe(supply)
      }
    }),
    { numRuns: 12 },
  )
  expect([...modes].sort()).toEqual(['fast false', 'fast true', 'recorded'])
})
