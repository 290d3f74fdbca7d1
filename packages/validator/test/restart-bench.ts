import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Restarted, restart } from './restart.ts'
import { makeChain } from './restart-stores.ts'

/**
 * How long a node takes to come back: node packages/validator/test/restart-bench.ts DIR [physical blocks] [transfers per block].
 * Fifty transfers a second and a physical block in 1.6 s are 80 a block. Real stores, a process of its own for each start.
 * The stores are made in DIR, which takes minutes, unless they are there.
 */
const [dir, blocks = '1000', perBlock = '80'] = process.argv.slice(2)
if (dir === undefined) throw new Error('expected a folder for the stores')
const say = (what: string, { height, from, startMs, cpuMs, loadMs, deriveMs, checked, rssMb }: Restarted) =>
  console.log(
    `${what}: ${(startMs / 1000).toFixed(1)} s (${(cpuMs / 1000).toFixed(1)} s of CPU) for ${height - from} blocks (program and stores ${startMs - deriveMs} ms,`,
    `of that the physical chain ${loadMs}; derivation ${deriveMs}), ${checked} signatures, ${rssMb} MB`,
  )
if (!existsSync(join(dir, 'chain'))) {
  const chain = makeChain(Number(perBlock))
  chain.grow(Number(blocks))
  await chain.store(dir)
}
rmSync(join(dir, 'hybrid'), { recursive: true, force: true })
say('nothing known', await restart(dir))
say('from the newest snapshot', await restart(dir))
rmSync(join(dir, 'hybrid', 'snapshots'), { recursive: true })
say('snapshots lost, roots known', await restart(dir))
