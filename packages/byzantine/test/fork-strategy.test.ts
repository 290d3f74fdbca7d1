import fc from 'fast-check'
import { expect, test } from 'vitest'
import { forkMove, hopelessBlocks } from '../src/index.ts'

const tip = fc.record({ height: fc.nat(60), weight: fc.bigInt(0n, 60n) })
const race = fc.record({ base: fc.nat(40), secret: tip, shown: tip, kappa: fc.integer({ min: 1, max: 24 }) })

test('a private chain is shown exactly if it is heavier, has a block, and the fork is kappa deep', () => {
  fc.assert(
    fc.property(race, ({ base, secret, shown, kappa }) => {
      const isTime = shown.height - base >= kappa && secret.weight > shown.weight && secret.height - base >= 1
      expect(forkMove({ base, secret, shown, kappa }) === 'show').toBe(isTime)
    }),
  )
})

test('it is given up exactly if it is further behind than can be hoped to make good, and cannot be shown', () => {
  fc.assert(
    fc.property(race, (one) => {
      const move = forkMove(one)
      const behind = one.shown.height - one.secret.height
      expect(move === 'give-up').toBe(behind > hopelessBlocks && move !== 'show')
    }),
  )
})

test('what is hopeless begins anew from where it can win again', () => {
  fc.assert(
    fc.property(race, (one) => {
      const anew = { ...one, base: one.shown.height, secret: one.shown }
      expect(forkMove(anew)).toBe('go-on')
    }),
  )
})
