import { expect, test } from 'vitest'
import { verifiedProofs, verifiedSignatures } from '../src/index.ts'

const bytes = (...values: number[]) => Uint8Array.from(values)

function counted(max: number) {
  let asked = 0
  const verify = verifiedSignatures((_, message) => {
    asked++
    return message[0] !== 0
  }, max)
  return { verify, asked: () => asked }
}

test('a good signature is verified once', () => {
  const { verify, asked } = counted(8)
  for (let i = 0; i < 3; i++) expect(verify(bytes(1), bytes(2), bytes(3))).toBe(true)
  expect(asked()).toBe(1)
})

test('the same signature for another message or another key is not known', () => {
  const { verify, asked } = counted(8)
  verify(bytes(1), bytes(2), bytes(3))
  expect(verify(bytes(1), bytes(0), bytes(3))).toBe(false)
  expect(verify(bytes(9), bytes(2), bytes(3))).toBe(true)
  expect(asked()).toBe(3)
})

test('bad ones are not remembered', () => {
  const { verify, asked } = counted(8)
  for (let i = 0; i < 3; i++) expect(verify(bytes(1), bytes(0), bytes(3))).toBe(false)
  expect(asked()).toBe(3)
})

test('at least the newer half is remembered, and no more than all', () => {
  const { verify, asked } = counted(8)
  for (let i = 0; i < 100; i++) verify(bytes(1), bytes(2), bytes(3, i))
  expect(asked()).toBe(100)
  for (let i = 96; i < 100; i++) verify(bytes(1), bytes(2), bytes(3, i))
  expect(asked()).toBe(100)
  for (let i = 0; i < 92; i++) verify(bytes(1), bytes(2), bytes(3, i))
  expect(asked()).toBe(192)
})

test('a proof of space is checked once for its challenge', () => {
  let asked = 0
  const verify = verifiedProofs(({ proof }) => {
    asked++
    return proof[0] === 1
  })
  const check = { plotId: bytes(1), k: 16, challenge: bytes(2), proof: bytes(1) }
  for (let i = 0; i < 3; i++) expect(verify(check)).toBe(true)
  expect(verify({ ...check, proof: bytes(0) })).toBe(false)
  expect(verify({ ...check, challenge: bytes(3) })).toBe(true)
  expect(asked).toBe(3)
})
