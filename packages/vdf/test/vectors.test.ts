import { readFileSync } from 'node:fs'
import { fromHex } from '@groundwork/primitives'
import { expect, test } from 'vitest'
import { bigIntPowers, openSslPowers, verify } from '../src/index.ts'
import { type Vectors, vectors } from './vectors.ts'

const golden = JSON.parse(
  readFileSync(new URL('../../../test/vectors/vdf-v1.json', import.meta.url), 'utf8'),
) as Vectors

test('elements, outputs, primes, proofs and challenges are what they were', () => {
  expect(vectors()).toEqual(golden)
})

test('the claims on file verify', () => {
  expect(golden.claims.length).toBe(3)
  for (const { iterations, ...fields } of golden.claims) {
    const [x, y, proof, context] = [fields.x, fields.y, fields.proof, fields.context].map((hex) =>
      fromHex(hex),
    )
    const claim = { x: x!, y: y!, proof: proof!, context: context!, iterations }
    for (const powers of [bigIntPowers, openSslPowers()]) expect(verify(claim, powers)).toBe(true)
  }
})
