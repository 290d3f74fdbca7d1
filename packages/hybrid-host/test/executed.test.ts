import { equal, standInSignatures } from '@groundwork/primitives'
import { expect, test } from 'vitest'
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
