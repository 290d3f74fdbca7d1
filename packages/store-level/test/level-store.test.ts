import { cp, mkdir, mkdtemp, open, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { blockStoreConformance, finalCertificate } from '@groundwork/host/conformance'
import { emptyLedger } from '@groundwork/ledger'
import { hash, toHex } from '@groundwork/primitives'
import { Level } from 'level'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openLevelStore } from '../src/index.ts'
import { decodeHead, encodeAccount, encodeBlock, encodeHead, headOf } from '../src/records.ts'
import { expectAt } from './expect-at.ts'
import { history } from './history.ts'

let root: string
let folders = 0
const folder = (): string => join(root, `${folders++}`)

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'groundwork-store-'))
})
afterAll(() => rm(root, { recursive: true }))

describe('conformance', () => {
  const cases = blockStoreConformance(async () => {
    let dir = folder()
    return {
      open: (genesisLedger) => openLevelStore({ dir, genesisLedger }),
      // What is on the disk while the database is open is what a dead process leaves behind.
      async crash(store) {
        const left = folder()
        await cp(dir, left, { recursive: true })
        await store.close()
        dir = left
      },
    }
  })
  test.each(cases)('$name', ({ run }) => run())
})

const { blocks, ledgers } = history(12)
const genesisLedger = ledgers[0]!

async function filled(dir: string, height: number): Promise<void> {
  const store = await openLevelStore({ dir, genesisLedger })
  for (let h = 1; h <= height; h++) {
    await store.append([blocks[h - 1]!], finalCertificate(blocks[h - 1]!), ledgers[h]!)
  }
  await store.close()
}

/** Changes a database behind the store's back. */
async function tamper(
  dir: string,
  change: (level: Level<string, Uint8Array>) => Promise<void>,
): Promise<void> {
  const level = new Level<string, Uint8Array>(dir, { valueEncoding: 'view' })
  await change(level)
  await level.close()
}

describe('durability', () => {
  test('appends that do not wait for each other land in order', async () => {
    const store = await openLevelStore({ dir: folder(), genesisLedger })
    await Promise.all(
      blocks.map((block, i) => store.append([block], finalCertificate(block), ledgers[i + 1]!)),
    )
    await expectAt(store, { blocks, ledgers }, blocks.length)
    await store.close()
  })

  test('a refused append does not stop the next one', async () => {
    const store = await openLevelStore({ dir: folder(), genesisLedger })
    const append = (h: number) =>
      store.append([blocks[h - 1]!], finalCertificate(blocks[h - 1]!), ledgers[h]!)
    const [refused, accepted] = await Promise.allSettled([append(2), append(1)])
    expect(refused).toMatchObject({ status: 'rejected', reason: { code: 'STORE_GAP' } })
    expect(accepted.status).toBe('fulfilled')
    await expectAt(store, { blocks, ledgers }, 1)
    await store.close()
  })

  test('a log that was cut at any byte opens at an earlier block, all of it or nothing of it', async () => {
    const dir = folder()
    await filled(dir, 6)
    // Reopening moved nothing to a table yet: everything is in the log.
    const log = (await readdir(dir)).find((name) => name.endsWith('.log')) as string
    const { size } = await stat(join(dir, log))
    const heights = new Set<number>()
    for (let cut = size; cut > 0; cut -= Math.ceil(size / 40)) {
      const copy = folder()
      await cp(dir, copy, { recursive: true })
      const file = await open(join(copy, log), 'r+')
      await file.truncate(cut)
      await file.close()
      const store = await openLevelStore({ dir: copy, genesisLedger })
      const height = (await store.head())?.height ?? 0
      await expectAt(store, { blocks, ledgers }, height)
      await store.close()
      heights.add(height)
    }
    expect([...heights].sort()).toEqual([0, 1, 2, 3, 4, 5, 6])
  })
})

describe('is refused in one line', () => {
  const refused = (dir: string, code: string, message: string, init = {}) =>
    expect(openLevelStore({ dir, genesisLedger, ...init })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(new RegExp(`^[^\n]*${message}[^\n]*$`)),
    })

  test('a store that another process has open', async () => {
    const dir = folder()
    const store = await openLevelStore({ dir, genesisLedger })
    await refused(dir, 'STORE_LOCKED', 'in use by another process')
    await store.close()
    await (await openLevelStore({ dir, genesisLedger })).close()
  })

  test('a format of another version', async () => {
    const dir = folder()
    await filled(dir, 1)
    await tamper(dir, (level) =>
      level
        .sublevel<string, Uint8Array>('meta', { valueEncoding: 'view' })
        .put('format', Uint8Array.of(0, 0, 0, 2)),
    )
    await refused(dir, 'STORE_FORMAT', 'unknown format: expected 1, found 2')
  })

  test('a database of somebody else', async () => {
    const dir = folder()
    await tamper(dir, (level) => level.put('theirs', Uint8Array.of(1)))
    await refused(dir, 'STORE_FORMAT', 'expected 1, found none beside the key "theirs"')
  })

  test('a store of another genesis', async () => {
    const dir = folder()
    await filled(dir, 1)
    await refused(dir, 'STORE_GENESIS', 'belongs to another genesis', { genesisLedger: emptyLedger() })
    await refused(dir, 'STORE_GENESIS', 'belongs to another genesis', { genesisHash: hash('other') })
  })

  test('accounts that are not those of the head', async () => {
    const dir = folder()
    await filled(dir, 3)
    await tamper(dir, (level) =>
      level
        .sublevel<Uint8Array, Uint8Array>('accounts', { keyEncoding: 'view', valueEncoding: 'view' })
        .put(hash('intruder'), encodeAccount({ balance: 1n, nonce: 0 })),
    )
    await refused(dir, 'STORE_CORRUPT', 'the stored accounts are not those after block 3')
    // A refused store is not left open.
    await refused(dir, 'STORE_CORRUPT', 'the stored accounts are not those after block 3')
  })

  test('a place where no database can be', async () => {
    const dir = folder()
    await mkdir(root, { recursive: true })
    await writeFile(dir, 'a file')
    await refused(dir, 'STORE_OPEN', 'cannot be opened')
  })
})

test('records of version 1 are pinned', () => {
  const pin = (record: Uint8Array) => toHex(hash('pin', record))
  expect(pin(encodeBlock(blocks[2]!))).toBe(
    'c21a7c613e75e6c3fa75f5036c7167dcd0c4c50767bb0d4bef3a425b90052add',
  )
  const head = headOf(blocks.slice(0, 3), finalCertificate(blocks[2]!), ledgers[3]!)
  expect(pin(encodeHead(head))).toBe('840a13579f0329129a20f25ef030547e6571f0d5e3f7f76593150710ba6cfa5c')
  expect(decodeHead(encodeHead(head))).toEqual(head)
  expect(toHex(encodeAccount({ balance: 258n, nonce: 3 }))).toBe('00000000000001020000000000000003')
})
