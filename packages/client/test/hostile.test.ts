import { toHex } from '@groundwork/primitives'
import { decodeSegment, encodeSegment } from '@groundwork/stake-core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { follow, type Lie, node } from './harness.ts'
import { physicalNode } from './physical-world.ts'
import { certify, stakeWorld } from './stake-world.ts'

const length = 12
function worlds() {
  const physical = physicalNode()
  const stake = stakeWorld()
  for (let i = 0; i < length; i++) {
    physical.grow({ farmer: i % 3 })
    stake.grow({ skips: i % 3 === 2 ? 1 : 0 })
  }
  return { physical, stake }
}
const world = worlds()
const known = new Set([
  ...world.physical.hashes(),
  ...world.stake.store.blocks.map(({ hash }) => toHex(hash)),
])
const isStake = (path: string) => path.startsWith('/v1/stake')
/** Changes what is said of the stake chain. */
const segmentLie =
  (change: (segment: ReturnType<typeof decodeSegment>) => ReturnType<typeof decodeSegment>): Lie =>
  (path, answer) =>
    isStake(path) && answer !== null ? encodeSegment(change(decodeSegment(answer))) : answer

describe('a byte changed in any answer', () => {
  it('is never accepted, and does not stop a client that has another source', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        fc.boolean(),
        async (at, change, ofStake) => {
          const lie: Lie = (path, answer) => {
            if (answer === null || answer.length === 0 || isStake(path) !== ofStake) return answer
            const other = answer.slice()
            other[at % other.length]! ^= change
            return other
          }
          const view = follow([node('liar', world, lie), node('honest', world)])
          await view.run(60_000, () => view.tip() === length && view.final() === length)
          expect([view.tip(), view.final()]).toEqual([length, length])
          for (const hash of [...view.hashes('physical'), ...view.hashes('stake')])
            expect(known).toContain(hash)
          expect(view.source('honest').refusals.size).toBe(0)
          view.client.stop()
        },
      ),
      { numRuns: 60 },
    )
  })

  it('leaves a client alone with a liar where it was, and the liar named', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const lie: Lie = (_, answer) => {
          if (answer === null || answer.length < 200) return answer
          const other = answer.slice()
          other[at % other.length]! ^= change
          return other
        }
        const view = follow([node('liar', world, lie)])
        await view.run(40_000, () => view.source('liar').state === 'dropped')
        for (const hash of [...view.hashes('physical'), ...view.hashes('stake')])
          expect(known).toContain(hash)
        // A changed byte may be one that says nothing: the claimed height of a head.
        if (view.tip() < length || view.final() < length)
          expect(view.source('liar').refusals.size).toBeGreaterThan(0)
        view.client.stop()
      }),
      { numRuns: 60 },
    )
  })
})

describe('a source', () => {
  const answersOnly = (lie: Lie) => follow([node('liar', world, lie), node('honest', world)])
  const expectDropped = async (lie: Lie, reason: string) => {
    const view = answersOnly(lie)
    await view.run(120_000, () => view.source('liar').state === 'dropped' && view.tip() === length)
    expect(view.source('liar').state).toBe('dropped')
    expect([...view.source('liar').refusals.keys()]).toContain(reason)
    expect(view.events).toContainEqual({ kind: 'dropped', source: 'liar', reason: expect.any(String) })
    expect([view.tip(), view.final()]).toEqual([length, length])
    expect(view.source('honest')).toMatchObject({ state: 'asked', refusals: new Map() })
    view.client.stop()
  }

  it('that sends more than was asked for is dropped', () =>
    expectDropped((path, answer) => (isStake(path) ? new Uint8Array(5_000_000) : answer), 'oversize'))

  it('that sends something else is dropped', async () => {
    await expectDropped(
      (path, answer) => (isStake(path) ? answer : Uint8Array.of(1, 2, 3)),
      'physical-status',
    )
    await expectDropped((path, answer) => (isStake(path) ? Uint8Array.of(9) : answer), 'segment-encoding')
  })

  it('that claims a chain it does not give is dropped', () => {
    const rich = physicalNode()
    for (let i = 0; i < 3 * length; i++) rich.grow()
    return expectDropped((path, answer) => {
      // The status of another chain, and the blocks of the real one.
      return path === '/v1/physical' ? rich.frame(new Uint8Array(0)) : answer
    }, 'sync-claim-false')
  })

  it('that forges a certificate is dropped: too few, of another kind, of another block, of others', async () => {
    const head = world.stake.tip
    const tooFew = certify('final', head.view, head.hash, [0, 1])
    await expectDropped(
      segmentLie((s) => ({ ...s, certificate: tooFew })),
      'certificate-weight',
    )
    const notar = certify('notar', head.view, head.hash)
    await expectDropped(
      segmentLie((s) => ({ ...s, certificate: notar })),
      'certificate-type',
    )
    const good = certify('final', head.view, head.hash)
    const swapped = {
      ...good,
      signatures: good.signatures.map(({ voter }, i) => ({
        voter,
        signature: good.signatures[(i + 1) % 3]!.signature,
      })),
    }
    await expectDropped(
      segmentLie((s) => ({ ...s, certificate: swapped })),
      'certificate-signature',
    )
    const beside = certify('final', head.view, world.physical.core.tip().hash)
    await expectDropped(
      segmentLie((s) => ({ ...s, certificate: beside })),
      'certificate-hash',
    )
  })

  it('that leaves a block out, or turns the order, is dropped', async () => {
    await expectDropped(
      segmentLie((s) => ({ ...s, proposals: s.proposals.filter((_, i) => i !== 4) })),
      'segment-unlinked',
    )
    await expectDropped(
      segmentLie((s) => ({ ...s, proposals: s.proposals.slice(1) })),
      'block-height',
    )
    await expectDropped(
      segmentLie((s) => ({ ...s, proposals: s.proposals.toReversed() })),
      'segment-unlinked',
    )
  })

  it('that does not answer, or answers late, holds nobody up', async () => {
    for (const said of ['nothing', 'refusal', null] as const) {
      const view = answersOnly(() => said)
      await view.run(60_000, () => view.tip() === length && view.final() === length)
      expect([view.tip(), view.final()]).toEqual([length, length])
      expect(view.source('liar').state).toBe(said === null ? 'asked' : 'silent')
      view.client.stop()
    }
  })

  it('that is behind is no liar', async () => {
    const old = worlds()
    const view = follow([node('old', old), node('new', world)])
    world.physical.grow({ farmer: 1 })
    await view.run(60_000, () => view.tip() > length && view.final() === length)
    expect(view.tip()).toBe(length + 1)
    for (const name of ['old', 'new']) expect(view.source(name).refusals.size).toBe(0)
    view.client.stop()
  })
})
