import { deepStrictEqual, rejects } from 'node:assert/strict'
import { emptyLedger, type Ledger } from '@groundwork/ledger'
import { hash, zeroHash } from '@groundwork/primitives'
import { hashHeader } from '@groundwork/stake-core'
import type { BlockStore } from '../ports.ts'
import type { ConformanceCase } from './case.ts'
import { finalCertificate, someChain } from './fixtures.ts'

/** One store's storage across restarts. */
export interface BlockStoreBench {
  /** Opens the store as a start of the node does; every store begins with `genesis` as its ledger. */
  open(genesis: Ledger): Promise<BlockStore>
  /** What a crash leaves behind: the process is gone, what was durable stays. */
  crash(store: BlockStore): Promise<void>
}

const address = (label: number) => hash('conformance/account', Uint8Array.of(label))

/** The ledger after the block at `height`: one more account each, and the first one ever richer. */
function ledgerAt(height: number): Ledger {
  let ledger = emptyLedger().set(address(0), { balance: 1_000n, nonce: 0 })
  for (let h = 1; h <= height; h++) {
    ledger = ledger.set(address(0), { balance: 1_000n + BigInt(h), nonce: h })
    ledger = ledger.set(address(h), { balance: (1n << 63n) + BigInt(h), nonce: 0 })
  }
  return ledger
}

export function blockStoreConformance(
  createBench: () => Promise<BlockStoreBench>,
): readonly ConformanceCase[] {
  const chain = someChain(12)
  const append = async (store: BlockStore, from: number, to: number) => {
    const blocks = chain.slice(from - 1, to)
    await store.append(blocks, finalCertificate(blocks.at(-1)!), ledgerAt(to))
  }
  const expectHead = async (store: BlockStore, height: number) => {
    const newest = chain[height - 1]!
    deepStrictEqual(await store.head(), { height, hash: newest.hash, certificate: finalCertificate(newest) })
    deepStrictEqual((await store.ledger()).root, ledgerAt(height).root)
    deepStrictEqual([...(await store.ledger()).entries()], [...ledgerAt(height).entries()])
    deepStrictEqual(await store.account(address(0)), { balance: 1_000n + BigInt(height), nonce: height })
    deepStrictEqual(await store.account(address(height)), { balance: (1n << 63n) + BigInt(height), nonce: 0 })
    for (const [i, block] of chain.slice(0, height).entries()) {
      deepStrictEqual(await store.blockByHeight(i + 1), block)
      deepStrictEqual(await store.blockByHash(block.hash), block)
    }
    deepStrictEqual(await store.blockByHeight(height + 1), undefined)
  }
  return [
    {
      name: 'has no head at first, and the ledger of the genesis',
      async run() {
        const store = await (await createBench()).open(ledgerAt(0))
        deepStrictEqual(await store.head(), undefined)
        deepStrictEqual((await store.ledger()).root, ledgerAt(0).root)
        deepStrictEqual(await store.account(address(0)), { balance: 1_000n, nonce: 0 })
        deepStrictEqual(await store.account(address(99)), { balance: 0n, nonce: 0 })
        deepStrictEqual(await store.blockByHeight(1), undefined)
        deepStrictEqual(await store.blockByHash(zeroHash), undefined)
        await store.close()
      },
    },
    {
      name: 'gives back blocks by height and by hash, with head and ledger',
      async run() {
        const store = await (await createBench()).open(ledgerAt(0))
        await append(store, 1, 1)
        await expectHead(store, 1)
        await append(store, 2, 7)
        await expectHead(store, 7)
        await store.close()
      },
    },
    {
      name: 'keeps everything over a restart, and grows on',
      async run() {
        const bench = await createBench()
        const store = await bench.open(ledgerAt(0))
        await append(store, 1, 5)
        await store.close()
        const again = await bench.open(ledgerAt(0))
        await expectHead(again, 5)
        await append(again, 6, 12)
        await expectHead(again, 12)
        await again.close()
      },
    },
    {
      name: 'keeps what was appended when the process is killed',
      async run() {
        const bench = await createBench()
        const store = await bench.open(ledgerAt(0))
        await append(store, 1, 3)
        await append(store, 4, 4)
        await bench.crash(store)
        const again = await bench.open(ledgerAt(0))
        await expectHead(again, 4)
        await again.close()
      },
    },
    {
      name: 'refuses a gap, a repetition and a fork, and is as before',
      async run() {
        const store = await (await createBench()).open(ledgerAt(0))
        const refused = (from: number, to: number) =>
          rejects(async () => append(store, from, to), { code: 'STORE_GAP' })
        await refused(2, 3)
        await append(store, 1, 3)
        await refused(5, 6)
        await refused(3, 4)
        const fork = { ...chain[3]!, block: { ...chain[3]!.block } }
        fork.block = { ...fork.block, header: { ...fork.block.header, parentHash: zeroHash } }
        await rejects(async () => store.append([fork], finalCertificate(fork), ledgerAt(4)), {
          code: 'STORE_GAP',
        })
        await expectHead(store, 3)
        await store.close()
      },
    },
    {
      name: 'forgets accounts that became empty',
      async run() {
        const bench = await createBench()
        const store = await bench.open(ledgerAt(0))
        await append(store, 1, 2)
        const emptied = ledgerAt(2).set(address(1), { balance: 0n, nonce: 0 })
        await store.append(chain.slice(2, 3), finalCertificate(chain[2]!), emptied)
        await store.close()
        const again = await bench.open(ledgerAt(0))
        deepStrictEqual((await again.ledger()).root, emptied.root)
        deepStrictEqual(await again.account(address(1)), { balance: 0n, nonce: 0 })
        await again.close()
      },
    },
    {
      name: 'keeps how an epoch ended, and its empty children by hash',
      async run() {
        const bench = await createBench()
        const store = await bench.open(ledgerAt(0))
        const [last, child] = [chain[2]!, chain[3]!]
        const final = finalCertificate(child)
        const children = [{ block: child.block, signature: child.signature }]
        await store.append(chain.slice(0, 3), final, ledgerAt(3), { final, children })
        await bench.crash(store)
        const again = await bench.open(ledgerAt(0))
        deepStrictEqual(await again.endOf(last.block.header.epochId), final)
        deepStrictEqual(await again.endOf(zeroHash), undefined)
        const found = await again.blockByHash(hashHeader(child.block.header))
        deepStrictEqual(found?.block, child.block)
        deepStrictEqual((await again.head())?.height, 3)
        deepStrictEqual(await again.blockByHeight(4), undefined)
        await again.close()
      },
    },
    {
      name: 'begins anew where the physical chain says, with what is above void',
      async run() {
        const bench = await createBench()
        const store = await bench.open(ledgerAt(0))
        await append(store, 1, 5)
        const base = { height: 3, hash: hash('conformance/exit') }
        await store.rebase(base, ledgerAt(9))
        await bench.crash(store)
        const again = await bench.open(ledgerAt(0))
        deepStrictEqual(await again.head(), { ...base, certificate: null })
        deepStrictEqual((await again.ledger()).root, ledgerAt(9).root)
        deepStrictEqual(await again.blockByHeight(4), undefined)
        deepStrictEqual(await again.blockByHeight(3), chain[2])
        await rejects(async () => append(again, 4, 4), { code: 'STORE_GAP' })
        const { header } = chain[3]!.block
        const block = { ...chain[3]!.block, header: { ...header, parentHash: base.hash } }
        const first = { ...chain[3]!, block, hash: hashHeader(block.header) }
        await again.append([first], finalCertificate(first), ledgerAt(4))
        await again.close()
        const last = await bench.open(ledgerAt(0))
        const { height, hash: newest } = (await last.head())!
        deepStrictEqual({ height, hash: newest }, { height: 4, hash: first.hash })
        deepStrictEqual((await last.ledger()).root, ledgerAt(4).root)
        await last.rebase({ height: 9, hash: base.hash, keep: 2 }, ledgerAt(9))
        deepStrictEqual(await last.blockByHeight(3), undefined)
        deepStrictEqual(await last.blockByHeight(2), chain[1])
        deepStrictEqual((await last.blockByHash(first.hash))?.block, first.block)
        await last.close()
      },
    },
  ]
}
