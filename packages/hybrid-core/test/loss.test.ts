import { createEpoch, validatorSet } from '@groundwork/stake-core'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { certainLoss } from '../src/index.ts'

const weightsArb = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 12 })
const zero = new Uint8Array(32)

function epochOf(weights: readonly number[]) {
  const validators = weights.map((weight, i) => ({ publicKey: new Uint8Array(32).fill(i + 1), weight }))
  return createEpoch({
    chainId: zero,
    number: 0,
    genesisHash: zero,
    seed: zero,
    validators: validatorSet(validators),
  })
}

test('of any two certificates at least the value at loss of either signed both', () => {
  fc.assert(
    fc.property(weightsArb, fc.nat(), fc.nat(), (weights, one, other) => {
      const epoch = epochOf(weights)
      const { quorum } = epoch.validators
      const weigh = (mask: number) => weights.reduce((sum, weight, i) => sum + ((mask >> i) % 2) * weight, 0)
      fc.pre(weigh(one) >= quorum && weigh(other) >= quorum)
      const twice = weigh(one & other)
      expect(twice).toBeGreaterThanOrEqual(certainLoss(weigh(one), epoch))
      expect(twice).toBeGreaterThanOrEqual(certainLoss(weigh(other), epoch))
    }),
  )
})

test('nothing is certain once what signed has less at stake than chance may put into the other quorum', () => {
  const epoch = epochOf([40, 30, 30])
  expect([100, 67, 34, 33, 0].map((bonded) => certainLoss(bonded, epoch))).toEqual([67, 34, 1, 0, 0])
})
