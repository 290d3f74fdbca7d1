import type { PhysicalStore } from '@groundwork/host'
import { deriveRoot } from '@groundwork/hybrid-core'
import type { FollowerEffect, FollowerInit } from '@groundwork/hybrid-host'
import { equal, type Hash, toHex } from '@groundwork/primitives'
import { expect, it } from 'vitest'
import { worldFollower } from '../../client/test/hybrid-world.ts'
import { type PhysicalTestNode, physicalNode, rules } from '../../client/test/physical-world.ts'
import { wayToTip } from '../src/hybrid/feed.ts'

const followerWith = (change: Partial<FollowerInit> = {}) => worldFollower({ snapshotBlocks: 8, ...change })
const chainOf = (node: PhysicalTestNode) => ({
  rules,
  core: node.core,
  store: { blockByHash: async (name: Hash) => node.blockOf(name) } as Partial<PhysicalStore> as PhysicalStore,
})

it('a follower whose branch is gone begins at the newest snapshot that the best branch has, not at genesis', async () => {
  const snapshots: { readonly hash: Hash; readonly height: number; readonly bytes: Uint8Array }[] = []
  const note = (effects: readonly FollowerEffect[]): number => {
    for (const effect of effects) if (effect.kind === 'store-snapshot') snapshots.push(effect)
    return effects.filter(({ kind }) => kind === 'derived').length
  }
  const newestOn = ({ core }: PhysicalTestNode) =>
    snapshots.findLast(({ height, hash }) => {
      const best = core.hashAt(height)
      return best !== null && equal(best, hash)
    })
  const [before, after] = [physicalNode(), physicalNode()]
  for (let i = 0; i < 40; i++) after.add(before.grow())
  for (let i = 0; i < 60; i++) before.grow()
  for (let i = 0; i < 90; i++) after.grow({ farmer: 1 })

  const first = followerWith()
  for await (const step of wayToTip(chainOf(before), first, () => false)) note(first.physical(step))
  expect(newestOn(before)?.height).toBe(96)
  expect(newestOn(after)?.height).toBe(40)

  const restarted = followerWith({ snapshot: newestOn(before)!.bytes })
  let derived = 0
  const rewind = () => {
    restarted.rewind(newestOn(after)!.bytes)
    return true
  }
  for await (const step of wayToTip(chainOf(after), restarted, rewind))
    derived += note(restarted.physical(step))
  expect(derived).toBe(90)
  expect(toHex(restarted.state.hash)).toBe(toHex(after.core.tip().hash))

  const fresh = followerWith()
  for await (const step of wayToTip(chainOf(after), fresh, () => false)) fresh.physical(step)
  expect(toHex(deriveRoot(restarted.state))).toBe(toHex(deriveRoot(fresh.state)))
})
