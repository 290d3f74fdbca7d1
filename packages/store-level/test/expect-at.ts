import { finalCertificate } from '@groundwork/host/conformance'
import { expect } from 'vitest'
import type { LevelStore } from '../src/index.ts'
import type { History } from './history.ts'

/** The store is exactly as after the block at `height`. */
export async function expectAt(
  store: LevelStore,
  { blocks, ledgers }: History,
  height: number,
): Promise<void> {
  const newest = blocks[height - 1]
  const head =
    newest === undefined ? undefined : { height, hash: newest.hash, certificate: finalCertificate(newest) }
  expect(await store.head()).toEqual(head)
  expect((await store.ledger()).root).toEqual(ledgers[height]!.root)
  expect((await store.ledger()).size).toBe(ledgers[height]!.size)
  for (const [i, block] of blocks.entries()) {
    const stored = i < height ? block : undefined
    expect(await store.blockByHeight(i + 1)).toEqual(stored)
    expect(await store.blockByHash(block.hash)).toEqual(stored)
  }
}
