import { expect, test } from 'vitest'
import { peerIdOf } from '../src/peer-id.ts'

test('the peer id of a seed is the one that libp2p gives its public key', () => {
  expect(peerIdOf(new Uint8Array(32))).toBe('12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN')
})

test('a seed of another length is refused', () => {
  expect(() => peerIdOf(new Uint8Array(64))).toThrow('a network key has 32 bytes, got 64')
})
