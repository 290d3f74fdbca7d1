// node packages/farmer/bench/sync.ts BLOCKS FOLDER: how long a node takes to fetch, check and store a chain, and to start
// with it. Prints one line of JSON. The chain has real proofs (and is made in the folder first, if it is not there); its
// VDF has few squarings, since checking does not depend on them.
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createCluster, node, readTrace, recordsOf, until } from '../test/cluster.ts'
import { growChain } from './chain.ts'

const [blocks, dir] = [Number(process.argv[2] ?? 5_000), process.argv[3] ?? 'farmer-bench']
const slotMs = 250
const isThere = existsSync(join(dir, 'f1', 'data'))
const cluster = await createCluster({
  dir,
  seed: 5,
  nodes: [node('f1', { plots: 4 }), node('f2', { plots: 0 })],
  ageMs: Math.ceil(blocks / 0.8) * slotMs,
  parameters: { slotMs, winnersPerSlotMilli: 2000, vdf: { kind: 'wesolowski', squarings: 1024 } },
})
const time = async (work: () => Promise<void>): Promise<number> => {
  const beganMs = performance.now()
  await work()
  return Math.round(performance.now() - beganMs)
}
const rssMiB = (name: string): number =>
  Math.max(...recordsOf(readTrace(cluster.home(name).traceFile), 'resources').map((record) => record.rssMiB))
try {
  if (!isThere) await growChain(cluster.written, blocks)
  for (const name of ['f1', 'f2']) rmSync(cluster.home(name).traceFile, { force: true })
  rmSync(cluster.home('f2').dataDir, { recursive: true, force: true })
  const farmingMs = await time(async () => {
    await cluster.start('f1')
    await until('f1 farms', async () => {
      const { mode, height } = await cluster.status('f1')
      return mode === 'farming' && height >= blocks
    })
  })
  const syncMs = await time(async () => {
    await cluster.start('f2')
    await until('f2 has the chain', async () => (await cluster.status('f2')).height >= blocks, 300_000)
  })
  await cluster.stop('f2', 'SIGKILL')
  const restartMs = await time(() => cluster.start('f2'))
  const { height, slot } = await cluster.status('f2')
  const result = {
    blocks,
    slot,
    farmingMs,
    syncMs,
    restartMs,
    restartHeight: height,
    rssMiB: [rssMiB('f1'), rssMiB('f2')],
  }
  process.stdout.write(`${JSON.stringify(result)}\n`)
} finally {
  await cluster.end()
}
