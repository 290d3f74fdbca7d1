import { executeBody, executedBodies, stateRootOf } from '@groundwork/hybrid-core'
import { equal, standInSignatures } from '@groundwork/primitives'
import { expect, test } from 'vitest'
import { forced } from '../../hybrid-core/test/harness.ts'
import { feed, followerOf, mark, newHarness, rootOf, segmentOf } from './kit.ts'

test('a body that was executed as final is not executed again in its checkpoint, and both share its state', () => {
  const h = newHarness()
  for (let i = 0; i < 6; i++) h.mine([mark(i)])
  let checked = 0
  const follower = followerOf(h, {
    verify(publicKey, message, signature) {
      if (equal(publicKey, h.rich.publicKey)) checked++
      return standInSignatures.verify(publicKey, message, signature)
    },
  })
  feed(follower, h)
  const items = h.checkpoint({ bodies: [[h.transfer(0), h.transfer(1)], [h.transfer(2)]] })
  follower.finalized(segmentOf(items))
  expect(checked).toBe(3)
  const { trie } = follower.ledgers().fast.execution.ledger
  h.mine(items)
  feed(follower, h)
  expect(checked).toBe(3)
  expect(follower.state.execution.ledger.trie).toBe(trie)
  const late = followerOf(h)
  feed(late, h)
  expect(rootOf(late)).toBe(rootOf(follower))
})

test('what was executed without its forced transactions is no answer to who executes them', () => {
  const h = newHarness()
  for (let i = 0; i < 5; i++) h.mine([mark(i)])
  h.mine([forced(h.transfer(0))])
  for (let i = 0; i < 4; i++) h.mine([mark(10 + i)])
  const { context } = h
  const position = { ...h.state }
  const items = h.checkpoint({ bodies: [[]], anchor: 8 })
  const block = segmentOf(items).blocks[0]!
  const range = position.pending.filter(({ height }) => height <= 8)
  const own = { ...context, executed: executedBodies() }
  const omitted = executeBody(
    own,
    position.execution,
    range.map((one) => ({ ...one, inputs: [] })),
    block,
  )
  const honest = executeBody(own, position.execution, range, block)
  expect(omitted.kind).toBe('executed')
  if (omitted.kind !== 'executed' || honest.kind !== 'executed') throw new Error('not executed')
  expect(equal(stateRootOf(omitted.execution), block.header.stateRoot)).toBe(false)
  expect(equal(stateRootOf(honest.execution), block.header.stateRoot)).toBe(true)
})
