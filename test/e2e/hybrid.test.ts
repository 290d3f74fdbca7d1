import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { recordsOf, until } from '../../packages/farmer/test/cluster.ts'
import { chainId, physicalGenesisHash } from '../../packages/genesis/src/index.ts'
import { nodeSignatures } from '../../packages/host/src/index.ts'
import { encodeForced, type StateProof, verifyStateProof } from '../../packages/hybrid-core/src/index.ts'
import { encodeTransfer, transactionId, transferMessage } from '../../packages/ledger/src/index.ts'
import { encodeItem } from '../../packages/physical-core/src/index.ts'
import { fromHex, type KeyPair, toHex } from '../../packages/primitives/src/index.ts'
import { type HybridCluster, hybridCluster } from './hybrid-cluster.ts'

/** Validators and farmers in processes of their own: real plots, delay proofs and signatures, over loopback. */

/** On a machine so busy that slots come late, a network may go through RECORDED at its start. */
const patienceMs = 150_000

let network: HybridCluster
beforeAll(async () => {
  network = await hybridCluster({ weights: [1, 1, 1, 1], farmers: 3 })
  await network.startAll()
})
afterAll(() => network.close())

const physicalOf = async (name: string) => {
  const { physical } = await network.validator(name)
  if (physical === null) throw new Error(`${name} follows no physical chain`)
  return physical
}
/** It has a block that the farmer calls confirmed. */
const hasCaughtUp = async (name: string, farmer: string): Promise<boolean> => {
  const [seen, { confirmed }] = await Promise.all([physicalOf(name), network.farmer(farmer)])
  return confirmed.height > 0 && seen.height >= confirmed.height && seen.state === 'synced'
}

describe('farmers', () => {
  it('derive what the physical chain makes of the stake chain, and say how it stands', async () => {
    await until('f1 derives', async () => ((await network.farmer('f1')).hybrid?.derived ?? 0) >= 4)
    expect((await network.farmer('f1')).hybrid).toMatchObject({
      mode: 'FAST',
      epoch: 0,
      hazards: 0,
      isHalted: false,
    })
    await until('f2 derives up to its tip', async () => {
      const { hybrid, height } = await network.farmer('f2')
      return hybrid !== null && height > 0 && Math.abs(hybrid.derived - height) < 3
    })
    const [account] = network.stake.accounts
    const path = `ledgers/anchored/accounts/${toHex(account!.publicKey)}`
    const shown = await network.get<Record<string, unknown>>('f1', path)
    expect(shown).toMatchObject({ ledger: 'anchored', balance: '1000000', nonce: 0 })
  })
})

describe('validators', () => {
  it('follow the physical chain, connected to every farmer', async () => {
    for (const name of network.validators) {
      await until(`${name} follows`, () => hasCaughtUp(name, 'f1'))
      await until(`${name} is connected`, async () => (await physicalOf(name)).farmers.length === 3)
      const { chain } = await physicalOf(name)
      expect(chain).toBe(toHex(physicalGenesisHash(network.physical.genesis)))
      await until(
        `${name} is connected to all others`,
        async () => (await network.validator(name)).peers.length === network.validators.length - 1,
      )
    }
    const { confirmed } = await physicalOf('v1')
    const block = await network.get<{ hash: string }>('f2', `blocks/${confirmed.height}`)
    expect(block.hash).toBe(confirmed.hash)
    const tips = recordsOf(network.trace('v1'), 'physical-tip')
    expect(tips.length).toBeGreaterThan(confirmed.height)
  })

  it('go on from their own disk after a crash, and fetch the chain when it was lost', async () => {
    const before = (await physicalOf('v2')).confirmed
    await network.kill('v2')
    await network.start('v2')
    const after = await physicalOf('v2')
    expect(after.height).toBeGreaterThanOrEqual(before.height)
    const starts = recordsOf(network.trace('v2'), 'node-started')
    const told = () =>
      recordsOf(network.trace('v2'), 'physical-tip').filter(({ monoMs }) => monoMs >= starts[1]!.monoMs)
    await until('v2 tells its tip', async () => told().length > 0)
    expect(told()[0]!.height).toBeGreaterThanOrEqual(before.height)

    expect((await network.stop('v2')).code).toBe(0)
    rmSync(join(network.dir, 'v2', 'data', 'physical'), { recursive: true })
    await network.start('v2')
    await until('v2 has the chain again', () => hasCaughtUp('v2', 'f1'))
  })
})

describe('both chains', () => {
  it('record each other: checkpoints are accepted, and the anchored ledger advances', async () => {
    const anchored = async (name: string) =>
      (await network.validator(name)).hybrid?.ledgers.anchored.height ?? 0
    const before = await anchored('v1')
    for (const name of network.validators)
      await until(`${name} anchors`, async () => (await anchored(name)) > before, patienceMs)
    const { hybrid, finalHeight } = await network.validator('v1')
    expect(hybrid).toMatchObject({ mode: 'FAST', isHalted: false })
    expect(hybrid!.ledgers.anchored.height).toBeLessThanOrEqual(finalHeight)
    await until(
      'f1 anchors',
      async () => ((await network.farmer('f1')).hybrid?.ledgers.anchored.height ?? 0) > 0,
    )
  }, 400_000)

  it('a transaction handed to a farmer is executed by the stake chain, and every ledger shows it', async () => {
    const [from, to] = network.stake.accounts as [KeyPair, KeyPair]
    const unsigned = { from: from.publicKey, to: to.publicKey, amount: 7n, fee: 1n, nonce: 0 }
    const message = transferMessage(chainId(network.stake.genesis), unsigned)
    const transaction = encodeTransfer({
      ...unsigned,
      signature: nodeSignatures.sign(from.secretKey, message),
    })
    const item = encodeItem({ kind: 'forced-transaction', bytes: encodeForced(transaction) })
    const garbled = encodeItem({ kind: 'forced-transaction', bytes: encodeForced(transaction.slice(1)) })
    const { results } = await network.post<{ results: { accepted: boolean; reason: string | null }[] }>(
      'f2',
      'items',
      { items: [toHex(item), toHex(garbled)] },
    )
    expect(results).toMatchObject([{ accepted: true, reason: null }, { accepted: false }])

    const path = `transactions/${toHex(transactionId(transaction))}`
    const isEverywhere = async () => {
      const { fast, anchored, phys } = await network.get<Record<string, unknown>>('v3', path)
      return fast === true && anchored === true && phys === true
    }
    await until('the transaction is in every ledger', isEverywhere, patienceMs)
    expect(await network.get('v3', path)).toMatchObject({
      included: { by: 'forced', code: null },
      fast: true,
      anchored: true,
      phys: true,
    })
    for (const ledger of ['fast', 'anchored', 'phys'])
      for (const name of ['v3', 'v4'])
        await until(`${name} shows it in ${ledger}`, async () => {
          const shown = await network.get<Shown>(name, `ledgers/${ledger}/accounts/${toHex(to.publicKey)}`)
          expect(verifyStateProof(fromHex(shown.stateRoot, 32), to.publicKey, proofIn(shown))).toBe(true)
          return shown.balance === '1000007'
        })
  }, 400_000)
})

interface Shown {
  readonly balance: string
  readonly nonce: number
  readonly stateRoot: string
  readonly proof: {
    readonly ledgerRoot: string
    readonly stakeRoot: string
    readonly siblings: readonly string[]
    readonly other: { readonly address: string; readonly balance: string; readonly nonce: number } | null
  }
}

function proofIn({ balance, nonce, proof }: Shown): StateProof {
  const { ledgerRoot, stakeRoot, siblings, other } = proof
  return {
    account: { balance: BigInt(balance), nonce },
    ledgerRoot: fromHex(ledgerRoot, 32),
    stakeRoot: fromHex(stakeRoot, 32),
    proof: {
      siblings: siblings.map((sibling) => fromHex(sibling, 32)),
      other: other && {
        address: fromHex(other.address, 32),
        account: { balance: BigInt(other.balance), nonce: other.nonce },
      },
    },
  }
}
