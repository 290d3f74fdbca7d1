import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Cluster, createCluster, node, recordsOf, until } from './cluster.ts'

let cluster: Cluster
beforeAll(async () => {
  // The plots of f3 are not in the genesis: it registers them, and their place has to be proven.
  cluster = await createCluster({
    seed: 4,
    nodes: [node('f1', { timelord: true }), node('f2'), node('f3', { plots: 1, registered: false })],
    parameters: { slotMs: 300, epochSlots: 12, seedLagSlots: 6, locationFaults: 0, outsideChallengers: 0 },
  })
  await cluster.startAll()
})
afterAll(() => cluster.end())

it('a plot is registered, its place is measured over the sockets, and it farms with its full weight', async () => {
  await until('the plot may win, at its place', async () => {
    const [plot] = (await cluster.status('f3')).plots
    return plot?.active === true && plot.located
  })
  await until('it wins', () => recordsOf(cluster.trace('f3'), 'farmed').length > 0)
  const [plot] = cluster.home('f3').plots
  const attested = ['f1', 'f2'].flatMap((name) => recordsOf(cluster.trace(name), 'attested'))
  const ofPlot = attested.filter((record) => record.plot === plot)
  expect(ofPlot.length).toBeGreaterThan(0)
  for (const { rttUs, inside, region } of ofPlot) {
    expect({ inside, region }).toEqual({ inside: true, region: 'here' })
    expect(rttUs).toBeGreaterThan(0)
    expect(rttUs).toBeLessThan(500_000)
  }
})
