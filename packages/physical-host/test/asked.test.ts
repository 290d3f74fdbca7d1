import type { PhysicalBlock } from '@groundwork/physical-core'
import { blockHashOf, laneRootsOf } from '@groundwork/physical-core'
import { zeroHash } from '@groundwork/primitives'
import { expect, it } from 'vitest'
import { createRequests } from '../src/asked.ts'
import { createFetcher } from '../src/fetcher.ts'

const block = (height: number): PhysicalBlock => ({
  trunk: { slot: height, parentTrunk: zeroHash, plotId: zeroHash, k: 16, proof: zeroHash, y: zeroHash },
  foliage: {
    height,
    parentHash: zeroHash,
    trunkHash: zeroHash,
    farmer: zeroHash,
    laneRoots: laneRootsOf([]),
  },
  signature: new Uint8Array(64),
  items: [],
})

it('takes as an answer only what was asked of that peer, once', () => {
  const requests = createRequests()
  expect(requests.answeredBlocks('a', [block(1)])).toBeNull()
  requests.note('a', { kind: 'block', hash: blockHashOf(block(2).foliage) })
  requests.note('a', { kind: 'range' })
  expect(requests.answeredBlocks('b', [block(2)])).toBeNull()
  expect(requests.answeredBlocks('a', [block(1), block(2)])).toBe('block')
  expect(requests.answeredBlocks('a', [])).toBe('range')
  expect(requests.answeredBlocks('a', [])).toBeNull()
  requests.note('a', { kind: 'slots', seed: zeroHash })
  expect(requests.answeredSlots('a', new Uint8Array(32).fill(1))).toBe(false)
  expect(requests.answeredSlots('a', zeroHash)).toBe(true)
  requests.note('a', { kind: 'range' })
  requests.forget('a')
  expect(requests.answeredBlocks('a', [])).toBeNull()
})

it('asks whoever should know, somebody else now and then, and nobody twice at once', () => {
  let nowMs = 0
  let random = 0.9
  const sent: string[] = []
  const { fetch } = createFetcher({
    send: (to, { kind }) => sent.push(`${to} ${kind}`),
    connected: () => ['a', 'b', 'c'],
    random: () => random,
    nowMs: () => nowMs,
  })
  const want = { kind: 'block', hash: zeroHash } as const
  fetch(want, 'b')
  fetch(want, 'b')
  nowMs = 1_000
  random = 0.1
  fetch(want, 'b')
  fetch({ kind: 'slots', seed: zeroHash, from: 1, to: 9 }, 'gone')
  expect(sent).toEqual(['b block-request', 'a block-request', 'a slots-request'])
})
