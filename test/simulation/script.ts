import { expect } from 'vitest'
import { type Cluster, describe as positions } from '../../packages/simulator/src/index.ts'
import type { VoteType } from '../../packages/stake-core/src/index.ts'

/** Nothing that must never happen has happened. */
export function expectSafe(world: Cluster): void {
  expect(world.monitor.finish({ conflictAllowed: false })).toEqual([])
  expect(world.monitor.conflicts()).toEqual([])
}

/** How long until some honest node finalizes a block that none has now, ms. */
export function untilNextFinality(world: Cluster, withinMs: number): number {
  const height = world.topHeight()
  return waited(world, () => world.topHeight() > height, withinMs)
}

/** How long until every honest live node has new blocks and stands level with the others, ms. */
export function untilLevel(world: Cluster, withinMs: number): number {
  const goal = world.topHeight() + 2
  return waited(world, () => world.finalHeight() >= Math.max(goal, world.topHeight() - 1), withinMs)
}

function waited(world: Cluster, condition: () => boolean, withinMs: number): number {
  const fromMs = world.time.now()
  const held = world.runUntil(condition, withinMs)
  expect(held, `not within ${withinMs} ms: ${positions(world)}`).toBe(true)
  return world.time.now() - fromMs
}

export function viewOf(world: Cluster, node: number): number {
  return world.node(node).core?.state.view ?? 0
}

export function holds(world: Cluster, node: number, view: number, type: VoteType): boolean {
  const certificates = world.node(node).core?.state.views.get(view)?.certificates.values() ?? []
  return [...certificates].some((certificate) => certificate.type === type)
}
