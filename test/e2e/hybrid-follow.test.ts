import { afterAll, beforeAll, expect, it } from 'vitest'
import { until } from '../../packages/farmer/test/cluster.ts'
import { chainId } from '../../packages/genesis/src/index.ts'
import { nodeSignatures } from '../../packages/host/src/index.ts'
import { encodeTransfer, transactionId, transferMessage } from '../../packages/ledger/src/index.ts'
import { type KeyPair, toHex } from '../../packages/primitives/src/index.ts'
import { type Workspace, workspace } from './groundwork.ts'
import { type HybridCluster, hybridCluster } from './hybrid-cluster.ts'

/** `groundwork follow` with a hybrid network: a transaction from the mempool to the physical chain, believing no node. */

let network: HybridCluster
let place: Workspace
beforeAll(async () => {
  place = workspace()
  network = await hybridCluster({ weights: [1, 1, 1, 1], farmers: 3, seed: 11 })
  await network.startAll()
})
afterAll(async () => {
  await place.dispose()
  await network.close()
})

it('a transaction is shown included, fast, anchored and phys, with what stands behind it', async () => {
  const anchored = async () => (await network.validator('v1')).hybrid?.ledgers.anchored.height ?? 0
  await until('something is anchored', async () => (await anchored()) > 0, 150_000)

  const [from, to] = network.stake.accounts as [KeyPair, KeyPair]
  const unsigned = { from: from.publicKey, to: to.publicKey, amount: 7n, fee: 1n, nonce: 0 }
  const message = transferMessage(chainId(network.stake.genesis), unsigned)
  const bytes = encodeTransfer({ ...unsigned, signature: nodeSignatures.sign(from.secretKey, message) })
  const id = toHex(transactionId(bytes))
  await network.post('v1', 'transactions', { transactions: [toHex(bytes)] })

  const files = [network.stake.genesisFile, network.physical.genesisFile].flatMap((file) => [
    '--genesis',
    file,
  ])
  const apis = ['v1', 'v2', 'f1', 'f2'].flatMap((name) => ['--api', network.api(name)])
  const follow = place.command('follow', ...files, ...apis, '--transaction', id, '--until', 'phys', '--json')
  const { stdout, code } = await follow.ended
  expect({ code, said: follow.said() }).toEqual({ code: 0, said: '' })
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { kind: string; isReached?: boolean; stage?: string; report?: Report })
  expect(lines[0]).toMatchObject({ kind: 'follow', hybrid: true })
  // A node that changes its branch while it answers may be refused something; nobody honest is dropped.
  expect(lines.filter(({ kind }) => kind === 'dropped')).toEqual([])
  expect(lines.some(({ kind }) => kind === 'checkpoint')).toBe(true)
  const said = lines.filter(({ kind }) => kind === 'transaction')
  const stages = said.flatMap(({ stage, isReached }) => (isReached === true ? [stage] : []))
  expect(new Set(stages)).toEqual(new Set(['included', 'fast', 'anchored', 'phys']))
  const last = said.at(-1)!.report!
  expect(last).toMatchObject({ id, included: { by: 'stake' }, anchored: true, phys: true })
  // q = 3 of W = 4: whoever signs a conflicting certificate too has at least two of them in common with three signers.
  expect(last.valueAtLoss).toBeGreaterThanOrEqual(2)
  expect(BigInt(last.spaceTimeCost!)).toBeGreaterThan(0n)
}, 400_000)

interface Report {
  readonly id: string
  readonly valueAtLoss: number | null
  readonly spaceTimeCost: string | null
}
