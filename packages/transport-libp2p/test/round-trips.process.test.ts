import { afterEach, expect, test } from 'vitest'
import type { RoundTripSummary } from '../src/index.ts'
import { startNode, stopAll, type TestNode } from './support/cluster.ts'
import { type Relay, startRelay } from './support/relay.ts'
import { until } from './support/until.ts'

const nodes: TestNode[] = []
const relays: Relay[] = []
afterEach(async () => {
  await stopAll(nodes.splice(0))
  await Promise.all(relays.splice(0).map((relay) => relay.stop()))
})

/** Takes until there are so many, in one go. */
async function measured(node: TestNode, samples: number): Promise<RoundTripSummary> {
  const taken: RoundTripSummary[] = []
  const total = () => taken.reduce((sum, it) => sum + it.samples, 0)
  await until(`${samples} round trips`, () => {
    taken.push(...node.transport.takeRoundTrips())
    return total() >= samples
  })
  const medians = taken.map(({ medianMs }) => medianMs).sort((a, b) => a - b)
  return {
    peer: taken[0]!.peer,
    samples: total(),
    minMs: Math.min(...taken.map(({ minMs }) => minMs)),
    medianMs: medians[medians.length >> 1] as number,
    p95Ms: Math.max(...taken.map(({ p95Ms }) => p95Ms)),
  }
}

test.each([0, 40, 150])('with %i ms each way, both sides measure twice that', async (delayMs) => {
  const one = await startNode({ index: 1, accept: [2] })
  const relay = await startRelay(one.transport.listening(), delayMs)
  const two = await startNode({ index: 2, dial: new Map([[1, relay.address]]) })
  nodes.push(one, two)
  relays.push(relay)
  for (const [node, peer] of [
    [one, 'v2'],
    [two, 'v1'],
  ] as const) {
    const roundTrips = await measured(node, 8)
    expect(roundTrips.peer).toBe(peer)
    expect(roundTrips.minMs).toBeGreaterThan(2 * delayMs - 3)
    // the relay's own timers are up to a millisecond late each way
    expect(roundTrips.medianMs).toBeGreaterThanOrEqual(2 * delayMs - 1)
    expect(roundTrips.medianMs).toBeLessThan(2 * delayMs + 8)
    expect(node.transport.counters()).not.toHaveProperty('rejected.implausible-beat')
  }
})
