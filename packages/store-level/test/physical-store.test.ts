import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PhysicalStore } from '@groundwork/host'
import { blockHashOf, type CheckedBlock, laneRootsOf, type SlotProof } from '@groundwork/physical-core'
import { type Hash, hash } from '@groundwork/primitives'
import { afterAll, expect, it } from 'vitest'
import { openPhysicalStore } from '../src/physical-store.ts'

const dir = mkdtempSync(join(tmpdir(), 'groundwork-physical-store-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const some = (label: string): Hash =>
  hash(
    'test',
    Uint8Array.from(label, (c) => c.charCodeAt(0)),
  )
const chainId = some('chain')
let folders = 0
const open = (folder: string, id = chainId): Promise<PhysicalStore> =>
  openPhysicalStore({
    dir: join(dir, folder),
    chainId: id,
    onFailure: (error) => {
      throw error
    },
  })

function block(height: number, label: string): CheckedBlock {
  const trunk = {
    slot: 2 * height,
    parentTrunk: some('parent'),
    plotId: some('plot'),
    k: 16,
    proof: new Uint8Array(128).fill(height),
    y: new Uint8Array(256).fill(height),
  }
  const foliage = {
    height,
    parentHash: some('parent'),
    trunkHash: some(label),
    farmer: some('farmer'),
    laneRoots: laneRootsOf([]),
  }
  return { block: { trunk, foliage, items: [], signature: new Uint8Array(64) }, quality: some(label) }
}
const hashOf = ({ block }: CheckedBlock): Hash => blockHashOf(block.foliage)
const slotProof = (slot: number, seed: string): SlotProof => ({
  slot,
  seed: some(seed),
  previous: new Uint8Array(256).fill(1),
  y: new Uint8Array(256).fill(slot),
  proof: new Uint8Array(256),
})
const put = (store: PhysicalStore, one: CheckedBlock): void =>
  void store.append({ kind: 'block', block: one, hash: hashOf(one), height: one.block.foliage.height })

it('gives back blocks of all forks by hash, at once and after a restart, parents first', async () => {
  const folder = `${folders++}`
  const store = await open(folder)
  const blocks = [block(1, 'a'), block(2, 'b'), block(2, 'c'), block(300, 'd')]
  for (const one of blocks) put(store, one)
  expect(await store.blockByHash(hashOf(blocks[2]!))).toEqual(blocks[2])
  await store.close()
  const again = await open(folder)
  const loaded = await again.load(() => 0)
  expect(loaded.blocks.map((one) => one.block.foliage.height)).toEqual([1, 2, 2, 300])
  expect(new Set(loaded.blocks)).toEqual(new Set(blocks))
  expect(await again.blockByHash(some('nothing'))).toBeUndefined()
  await again.close()
})

it('knows the best chain by height, through reorgs to longer and to shorter chains', async () => {
  const store = await open(`${folders++}`)
  const names = (...labels: string[]): Hash[] => labels.map(some)
  await store.append({ kind: 'best', from: 1, hashes: names('a', 'b', 'c'), until: 0 })
  await store.append({ kind: 'best', from: 2, hashes: names('x'), until: 3 })
  expect(await Promise.all([1, 2, 3].map(store.hashAt))).toEqual([some('a'), some('x'), undefined])
  await store.close()
})

it('starts from the newest snapshot: blocks above it, slots that it still needs', async () => {
  const folder = `${folders++}`
  const store = await open(folder)
  for (const height of [1, 2, 3]) put(store, block(height, `${height}`))
  for (let slot = 1; slot <= 6; slot++) await store.append({ kind: 'slot', proof: slotProof(slot, 'one') })
  await store.append({ kind: 'snapshot', height: 1, bytes: Uint8Array.of(1) })
  await store.append({ kind: 'snapshot', height: 2, bytes: Uint8Array.of(2) })
  await store.close()
  const again = await open(folder)
  const { snapshot, blocks, slots } = await again.load((bytes) => (bytes[0] === 2 ? 4 : 0))
  expect(snapshot).toEqual(Uint8Array.of(2))
  expect(blocks.map((one) => one.block.foliage.height)).toEqual([3])
  expect(slots.map(({ slot }) => slot)).toEqual([4, 5, 6])
  await again.close()
})

it('tells challenge chains apart', async () => {
  const store = await open(`${folders++}`)
  for (const [slot, seed] of [
    [255, 'one'],
    [256, 'one'],
    [256, 'two'],
    [257, 'one'],
  ] as const)
    await store.append({ kind: 'slot', proof: slotProof(slot, seed) })
  expect((await store.slots(some('one'), 256, 300)).map(({ slot }) => slot)).toEqual([256, 257])
  expect(await store.slots(some('two'), 0, 300)).toEqual([slotProof(256, 'two')])
  await store.close()
})

it('is of one chain and one process', async () => {
  const folder = `${folders++}`
  const store = await open(folder)
  await expect(open(folder)).rejects.toMatchObject({ code: 'STORE_LOCKED' })
  await store.close()
  await expect(open(folder, some('another'))).rejects.toMatchObject({ code: 'STORE_GENESIS' })
})
