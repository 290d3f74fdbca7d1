import { afterAll, beforeAll, expect, it } from 'vitest'
import { forcedItem } from '../../packages/farmer/src/index.ts'
import { recordsOf, until } from '../../packages/farmer/test/cluster.ts'
import { chainId } from '../../packages/genesis/src/index.ts'
import { nodeSignatures } from '../../packages/host/src/index.ts'
import { inclusionBoundBlocks } from '../../packages/hybrid-core/src/index.ts'
import { encodeTransfer, transactionId, transferMessage } from '../../packages/ledger/src/index.ts'
import { type Bytes, type KeyPair, toHex } from '../../packages/primitives/src/index.ts'
import { type HybridCluster, hybridCluster } from './hybrid-cluster.ts'

/** Half of the stake censors one account: what is handed to mempools stays out, what is posted on the physical chain does not. */

const inHand = ['v1', 'v2']
const patienceMs = 150_000

let network: HybridCluster
beforeAll(async () => {
  network = await hybridCluster({ weights: [1, 1, 1, 1], farmers: 3, slotMs: 300, coercible: inHand })
  await network.startAll()
})
afterAll(() => network.close())

const accounts = (): readonly KeyPair[] => network.stake.accounts
const target = (): KeyPair => accounts()[3] as KeyPair

function payTarget(from: KeyPair): { readonly id: string; readonly bytes: Bytes } {
  const unsigned = { from: from.publicKey, to: target().publicKey, amount: 7n, fee: 1n, nonce: 0 }
  const message = transferMessage(chainId(network.stake.genesis), unsigned)
  const bytes = encodeTransfer({ ...unsigned, signature: nodeSignatures.sign(from.secretKey, message) })
  return { id: toHex(transactionId(bytes)), bytes }
}
type Answer = { readonly results: readonly { readonly accepted: boolean }[] }
const executed = (name: string, id: string) =>
  recordsOf(network.trace(name), 'derived').flatMap(({ height, events }) =>
    events.flatMap((event) =>
      event.kind === 'forced-executed' && event.transaction === id ? [{ ...event, height }] : [],
    ),
  )

it('a censored transfer is not final, a forced one is in phys within the bound', async () => {
  const anchored = async () => (await network.validator('v3')).hybrid?.ledgers.anchored.height ?? 0
  await until('checkpoints land', async () => (await anchored()) > 0, patienceMs)
  for (const name of inHand) {
    const orders = { behaviours: ['censor'], target: toHex(target().publicKey) }
    expect(await network.post(name, 'coercion', orders)).toMatchObject(orders)
  }

  const [handedIn, forced] = [payTarget(accounts()[0]!), payTarget(accounts()[1]!)]
  const transactions = [toHex(handedIn.bytes)]
  const taken = await network.post<Answer>('v3', 'transactions', { transactions })
  expect(taken.results).toMatchObject([{ accepted: true }])
  const items = [toHex(forcedItem(forced.bytes))]
  for (const name of network.farmers) await network.post<Answer>(name, 'items', { items })

  await until('the forced transfer was executed', () => executed('v3', forced.id).length > 0, patienceMs)
  const [execution] = executed('v3', forced.id)
  expect(execution).toMatchObject({ code: null })
  expect(execution!.height - execution!.posted).toBeLessThanOrEqual(inclusionBoundBlocks(network.parameters))

  expect(await network.get('v3', `transactions/${forced.id}`)).toMatchObject({ phys: true })

  const finals = recordsOf(network.trace('v3'), 'finalized').flatMap((record) => record.transactions)
  expect(finals).not.toContain(handedIn.id)
  expect(await network.get('v3', `transactions/${handedIn.id}`)).toMatchObject({
    error: 'TRANSACTION_UNKNOWN',
  })
}, 400_000)
