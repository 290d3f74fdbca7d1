import { describe, expect, test } from 'vitest'
import { cluster } from '../src/index.ts'

describe('a node that dies within a step', () => {
  const dieAfter = (effects: number) => {
    const said = new Set<string>()
    const world = cluster({
      nodes: 4,
      seed: 3,
      link: { delayMs: 20, jitterMs: 0 },
      observe: (_timeMs, node, fact) => {
        if (node.name !== 'v1' || fact.kind !== 'said' || fact.message.kind !== 'vote') return
        const { vote } = fact.message
        if (vote.voter === node.validator) said.add(`${vote.type} ${vote.view}`)
      },
    })
    const node = world.node(1)
    world.runUntil(() => (node.core?.state.view ?? 0) >= 3, 5_000)
    node.killWithin(effects)
    world.run(3_000)
    expect(node.running).toBe(false)
    const written = node.disk
      .recover()
      .journal.flatMap((entry) => (entry.kind === 'voted' ? [entry.vote] : []))
    return { said, written: new Set(written.map((vote) => `${vote.type} ${vote.view}`)) }
  }

  test('never said what it has not written, whenever it dies', () => {
    let unsaid = 0
    for (let effects = 1; effects <= 40; effects++) {
      const { said, written } = dieAfter(effects)
      expect([...said].filter((vote) => !written.has(vote))).toEqual([])
      if (said.size < written.size) unsaid++
    }
    // Some of these deaths come between the write and the message.
    expect(unsaid).toBeGreaterThan(3)
  })
})

test('with a slow disk nothing is said before it is durable', () => {
  const world = cluster({ nodes: 4, seed: 5, syncMs: () => 30, link: { delayMs: 20, jitterMs: 0 } }).run(
    3_000,
  )
  const height = world.node(1).disk.chain.length
  expect(height).toBeGreaterThan(3)
  // Died while syncing: the vote was neither written nor said, and the chain is as it was.
  for (let i = 0; i < 20; i++) {
    world.run(37)
    world.node(1).kill()
    world.node(1).start()
  }
  expect(world.node(1).disk.chain.length).toBeGreaterThanOrEqual(height)
  world.run(5_000)
  expect(world.monitor.finish({ conflictAllowed: false })).toEqual([])
  expect(world.finalHeight()).toBeGreaterThan(height + 5)
})

test('a paused node does nothing, and everything when it goes on', () => {
  const world = cluster({ nodes: 4, seed: 6 }).run(2_000)
  const node = world.node(2)
  node.pause()
  const { view } = node.core?.state ?? { view: 0 }
  world.run(1_000)
  expect(node.core?.state.view).toBe(view)
  node.resume()
  world.run(3_000)
  expect(world.finalHeight()).toBeGreaterThanOrEqual(world.topHeight() - 1)
})

test('a wiped node counts as faulty, and follows again', () => {
  const world = cluster({ nodes: 4, seed: 7 }).run(3_000)
  world.wipe(4)
  expect(world.isHonest(world.node(4))).toBe(false)
  world.node(4).start()
  expect(world.runUntil(() => world.node(4).disk.chain.length > world.finalHeight() - 2, 10_000)).toBe(true)
  expect(world.monitor.finish({ conflictAllowed: false })).toEqual([])
})
