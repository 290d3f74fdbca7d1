import { afterEach, expect, it } from 'vitest'
import { type Cluster, createCluster, recordsOf, until } from './cluster.ts'

let cluster: Cluster
afterEach(() => cluster.close())

it('four validators finalize the same chain', async () => {
  cluster = await createCluster(4, 'agree')
  await cluster.startAll()
  await until(async () => Math.min(...(await cluster.heights())) >= 10)
  const chains = cluster.names.map((name) =>
    recordsOf(cluster.trace(name), 'finalized')
      .slice(0, 10)
      .map(({ hash }) => hash),
  )
  expect(chains[0]).toHaveLength(10)
  for (const chain of chains) expect(chain).toEqual(chains[0])
})
