// node packages/farmer/bench/sync.ts [BLOCKS]: how long a farmer takes to fetch, check and store a chain, and to start
// with it. Prints one line of JSON. The chain has real proofs; its VDF has few squarings, since checking does not depend
// on them.
import { cpSync, rmSync } from 'node:fs'
import { createCluster, node, readTrace, recordsOf, until } from '../test/cluster.ts'
import { growChain } from './chain.ts'

const blocks = Number(process.argv[2] ?? 5_000)
const slotMs = 250
const cluster = await createCluster({
  seed: 5,
  nodes: [node('f1', { plots: 4, timelord: true }), node('f2', { plots: 0 })],
  ageMs: Math.ceil(blocks / 0.8) * slotMs,
  parameters: { slotMs, winnersPerSlotMilli: 2000, vdf: { kind: 'wesolowski', squarings: 1024 } },
})
try {
  const slots = await growChain(cluster.written, blocks)
  const grewMs = performance.now()
  await cluster.start('f1')
  const readyMs = performance.now() - grewMs
  await until('f1 farms', async () => {
    const { mode, height } = await cluster.status('f1')
    return mode === 'farming' && height >= blocks
  })
  const farmingMs = performance.now() - grewMs
  const beganMs = performance.now()
  await cluster.start('f2')
  await until('f2 has the chain', async () => (await cluster.status('f2')).height >= blocks, 300_000)
  const syncMs = performance.now() - beganMs
  const restartMs = performance.now()
  await cluster.stop('f2', 'SIGKILL')
  await cluster.start('f2')
  const { height } = await cluster.status('f2')
  const again = performance.now() - restartMs
  const rss = (name: string) =>
    Math.max(...recordsOf(readTrace(cluster.home(name).traceFile), 'resources').map(({ rssMiB }) => rssMiB))
  const result = {
    blocks,
    slots,
    readyMs,
    farmingMs,
    syncMs,
    restartMs: again,
    restartHeight: height,
    rssMiB: [rss('f1'), rss('f2')],
  }
  process.stdout.write(
    `${JSON.stringify(result, (_, value) => (typeof value === 'number' ? Math.round(value) : value))}\n`,
  )
} finally {
  if (process.argv[3] !== undefined) cpSync(cluster.dir, process.argv[3], { recursive: true })
  await cluster.end()
  rmSync(cluster.dir, { recursive: true, force: true })
}
