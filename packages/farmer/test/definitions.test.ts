import { plotIdOf, yWithoutVdf } from '@groundwork/physical-core'
import { toHex } from '@groundwork/primitives'
import { plotIdOf as plotIdOfPlots } from '@groundwork/proof-of-space'
import { challengeWithoutVdf } from '@groundwork/vdf/verify'
import fc from 'fast-check'
import { expect, test } from 'vitest'

/** The core of the chain imports neither plots nor delay proofs, and says some things a second time: the same things. */
const key = fc.uint8Array({ minLength: 32, maxLength: 32 })

test('a plot has one id, for the chain and for who makes it', () => {
  fc.assert(
    fc.property(key, fc.nat(0xffff_ffff), (farmer, index) => {
      expect(toHex(plotIdOf(farmer, index))).toBe(toHex(plotIdOfPlots(farmer, index)))
    }),
  )
})

test('a slot without a delay proof has one challenge', () => {
  fc.assert(
    fc.property(key, fc.maxSafeNat(), (seed, slot) => {
      const y = toHex(yWithoutVdf(seed, slot))
      expect(y).toBe(toHex(challengeWithoutVdf(seed, slot)).padStart(y.length, '0'))
    }),
  )
})
