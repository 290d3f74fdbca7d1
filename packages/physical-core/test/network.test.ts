import { toHex } from '@groundwork/primitives'
import { describe, expect, test } from 'vitest'
import type { PhysicalEffect } from '../src/index.ts'
import type { TestOptions } from './model.ts'
import { bestChain, type TestNode, testNetwork } from './network.ts'

const six: TestOptions = { seed: 1, plots: [2, 2, 2, 2, 2, 2] }
const confirmedOf = (node: TestNode, depth = 2) => toHex(node.core.confirmed(depth).hash)
const agree = (nodes: readonly TestNode[]) => new Set(nodes.map((node) => confirmedOf(node))).size === 1
const reorgsOf = (node: TestNode) =>
  node.effects.flatMap((effect) => (effect.kind === 'tip' && effect.reverted.length > 0 ? [effect] : []))
const heights = (nodes: readonly TestNode[]) => nodes.map(({ core }) => core.tip().height)

describe('without faults', () => {
  test('farmers grow one chain, with natural forks one block deep', () => {
    const net = testNetwork(six)
    net.run(400_000)
    expect(agree(net.nodes)).toBe(true)
    // 1 - 1/e of 400 slots is 253, with a standard deviation of 10.
    expect(net.nodes[0]!.core.tip().height).toBeGreaterThan(210)
    expect(net.nodes[0]!.core.tip().height).toBeLessThan(290)
    for (const node of net.nodes) {
      for (const { reverted } of reorgsOf(node)) expect(reverted.length).toBe(1)
      expect([...node.core.state.refusals]).toEqual([])
    }
  })

  test('one seed, one chain; another seed, another chain', () => {
    const run = (seed: number) => {
      const net = testNetwork({ ...six, seed, delayMs: [50, 900] })
      net.run(60_000)
      return toHex(net.nodes[0]!.core.stateHash())
    }
    expect(run(7)).toBe(run(7))
    expect(run(8)).not.toBe(run(7))
  })

  test('PC9: difficulty follows space', () => {
    const net = testNetwork({ ...six, parameters: { initialDifficulty: 1_000_000n } })
    net.run(600_000)
    const { difficulty, space } = net.nodes[0]!.core.chain().epoch
    // One winner per slot in the mean: difficulty settles near the space, in the modelled lottery of one ticket.
    expect(Number(difficulty) / Number(space)).toBeGreaterThan(0.6)
    expect(Number(difficulty) / Number(space)).toBeLessThan(1.7)
  })
})

describe('partitions', () => {
  const split = (seed: number, cutMs: number, parameters = {}) => {
    const net = testNetwork({ ...six, seed, timelords: [0, 3], parameters })
    net.run(20_000)
    // Two thirds of the space on one side.
    const side = (node: number) => (node === 3 || node === 4 ? 1 : 0)
    net.network.cut = (from, to) => side(from) !== side(to)
    net.run(cutMs)
    const before = net.nodes.map(({ core }) => core.tip())
    expect(before[0]!.height).not.toBe(before[3]!.height)
    net.network.cut = () => false
    net.run(20_000)
    return { net, before }
  }

  test('PC8: after the heal everybody follows the heavier side', () => {
    const { net, before } = split(3, 40_000)
    expect(agree(net.nodes)).toBe(true)
    expect(before[0]!.weight > before[3]!.weight).toBe(true)
    const deep = reorgsOf(net.nodes[3]!).filter(({ reverted }) => reverted.length > 2)
    expect(deep.length).toBe(1)
    expect(deep[0]!.adopted.length).toBeGreaterThan(deep[0]!.reverted.length)
    expect(reorgsOf(net.nodes[0]!).every(({ reverted }) => reverted.length <= 2)).toBe(true)
  })

  test('PC2: forks that differ before the cut-off have seeds of their own, and still merge', () => {
    const { net } = split(4, 300_000)
    expect(agree(net.nodes)).toBe(true)
    const epochs = net.nodes[3]!.effects.flatMap((effect) =>
      effect.kind === 'store-slot' ? [effect.proof] : [],
    )
    const seeds = new Set(epochs.map(({ seed, slot }) => `${Math.floor((slot - 1) / 64)}:${toHex(seed)}`))
    // Both forks' challenge chains of the same epochs were seen.
    expect(seeds.size).toBeGreaterThan(Math.ceil(net.network.slotNow() / 64))
  })

  test('PC18: a fork far deeper than what waits in memory is fetched by ranges', () => {
    const { net, before } = split(5, 900_000)
    expect(before[3]!.height).toBeGreaterThan(256)
    expect(agree(net.nodes)).toBe(true)
    expect(net.drops).toEqual([])
  }, 60_000)
})

describe('timelords', () => {
  test('PC15: no slots without a timelord; afterwards two slots per slot, all farmed', () => {
    const net = testNetwork(six)
    net.run(30_000)
    net.network.isDown = () => true
    net.run(60_000)
    const [before] = heights(net.nodes)
    net.network.isDown = () => false
    // Its answer was lost: as a restarted timelord, it begins again.
    net.nodes[0]!.restart()
    net.run(30_000)
    const caughtUp = net.nodes[1]!.core.tip().slot
    expect(caughtUp).toBeGreaterThan(80)
    expect(caughtUp).toBeLessThanOrEqual(31 + 2 * 31)
    net.run(60_000)
    expect(net.nodes[1]!.core.tip().slot).toBeGreaterThan(170)
    // 90 slots and those missed.
    expect(heights(net.nodes)[1]! - before!).toBeGreaterThan(70)
    expect(agree(net.nodes)).toBe(true)
  })

  test('vdf none: challenges are hashes, nobody evaluates', () => {
    const net = testNetwork({ ...six, timelords: [], parameters: { vdf: { kind: 'none' } } })
    net.run(100_000)
    expect(agree(net.nodes)).toBe(true)
    expect(net.nodes[0]!.core.tip().height).toBeGreaterThan(45)
  })
})

describe('restarts', () => {
  const signedBy = (node: TestNode) => {
    const made = node.effects.flatMap((effect: PhysicalEffect) =>
      effect.kind === 'broadcast' && effect.message.kind === 'block' ? [effect.message.block] : [],
    )
    return made.map(({ trunk }) => `${toHex(trunk.plotId)}:${trunk.slot}`)
  }

  test('PC14: whatever crashes, no plot signs two blocks of a slot', () => {
    const net = testNetwork({ ...six, seed: 11, timelords: [0, 1, 2], delayMs: [100, 1_500] })
    for (let round = 0; round < 60; round++) {
      net.run(2_500)
      const victim = net.nodes[round % 6]!
      victim.alive = false
      net.run(700)
      victim.restart()
    }
    net.run(20_000)
    expect(agree(net.nodes)).toBe(true)
    for (const node of net.nodes) {
      const signed = signedBy(node)
      expect(new Set(signed).size).toBe(signed.length)
      expect(
        node.effects.some(
          (effect) => effect.kind === 'observe' && effect.observation.kind === 'equivocation',
        ),
      ).toBe(false)
    }
  })

  test('PC17: a root moves up, memory stays bounded, a restart resumes from the snapshot', () => {
    const net = testNetwork({ ...six, limits: { reorgDepth: 50 } })
    net.run(600_000)
    const node = net.nodes[2]!
    const { root, tip } = node.core.heights()
    expect(root).toBeGreaterThan(200)
    expect(tip - root).toBeLessThan(50 + 2 * 64)
    expect(node.core.state.nodes.size).toBeLessThan(300)
    expect(node.core.state.chains.size).toBeLessThan(6)
    const before = toHex(node.core.stateHash())
    const stored = [...node.blocks.values()].filter(({ height }) => height > root)
    expect(stored.length).toBeLessThan(300)
    node.restart()
    expect(toHex(node.core.stateHash())).toBe(before)
    expect(node.core.heights().root).toBe(root)
    net.run(20_000)
    expect(agree(net.nodes)).toBe(true)
    expect(bestChain(node).length).toBeGreaterThan(tip)
  })

  test('PC18: a node that lost its store gets everything from its peers', () => {
    const net = testNetwork({ ...six, seed: 2 })
    net.run(500_000)
    const node = net.nodes[4]!
    node.blocks.clear()
    node.slots.length = 0
    node.restart()
    expect(node.core.tip().height).toBe(0)
    net.run(15_000)
    expect(agree(net.nodes)).toBe(true)
    expect(node.core.tip().height).toBeGreaterThan(280)
  })
})
