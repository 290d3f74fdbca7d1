import { chainId } from '@groundwork/genesis'
import { nodeSignatures } from '@groundwork/host'
import { encodeTransfer, transferMessage } from '@groundwork/ledger'
import { type KeyPair, toHex } from '@groundwork/primitives'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Cluster, createCluster, getJson, recordsOf, until } from './cluster.ts'

/** Four validators, half of which do what they are told. */
let cluster: Cluster
const inHand = ['v1', 'v2']
const flags = ['--byzantine', 'coercible']

beforeAll(async () => {
  cluster = await createCluster(4, 'coercion')
  await Promise.all(cluster.names.map((name) => cluster.start(name, ...(inHand.includes(name) ? flags : []))))
  await until(async () => (await cluster.heights()).every((height) => height > 0))
})
afterAll(() => cluster.close())

const accounts = (): [KeyPair, KeyPair, KeyPair, KeyPair] => cluster.network.accounts as never
async function post(name: string, path: string, body: unknown): Promise<Response> {
  const url = `${cluster.running.get(name)!.api}/v1/${path}`
  return fetch(url, { method: 'POST', body: JSON.stringify(body) })
}
async function coerce(behaviours: readonly string[]): Promise<void> {
  const target = toHex(accounts()[3].publicKey)
  for (const name of inHand) {
    const { status } = await post(name, 'coercion', { behaviours, target })
    expect(status).toBe(200)
  }
}
/** Hands a transfer to an honest one, and gives its id. */
async function pay(from: KeyPair, to: KeyPair, nonce: number): Promise<string> {
  const transfer = { from: from.publicKey, to: to.publicKey, amount: 1n, fee: 1n, nonce }
  const message = transferMessage(chainId(cluster.network.genesis), transfer)
  const encoded = encodeTransfer({ ...transfer, signature: nodeSignatures.sign(from.secretKey, message) })
  const answer = await post('v3', 'transactions', { transactions: [toHex(encoded)] })
  const { results } = (await answer.json()) as { results: { id: string; accepted: boolean }[] }
  expect(results[0]?.accepted).toBe(true)
  return results[0]!.id
}
const isFinal = (id: string): boolean =>
  recordsOf(cluster.trace('v4'), 'finalized').some(({ transactions }) => transactions.includes(id))
const height = async (): Promise<number> => (await cluster.status('v4')).finalHeight
async function grows(blocks: number): Promise<void> {
  const end = (await height()) + blocks
  await until(async () => (await height()) >= end)
}

it('only who was started for it takes orders', async () => {
  expect((await post('v3', 'coercion', { behaviours: ['stall'] })).status).toBe(404)
  expect((await cluster.status('v1')).byzantine).toEqual(['coercible'])
  expect(recordsOf(cluster.trace('v1'), 'node-started')[0]?.byzantine).toEqual(['coercible'])
  expect((await cluster.status('v3')).byzantine).toEqual([])
})

it('censors keep one account out, also after a restart, and let others pass until they are let go', async () => {
  const [one, two, three, target] = accounts()
  await coerce(['censor'])
  const censored = await pay(one, target, 0)
  await cluster.kill('v1')
  await cluster.start('v1', ...flags)
  const other = await pay(two, three, 0)
  await until(() => isFinal(other))
  await until(async () => (await cluster.status('v1')).mode === 'validating')
  await grows(6)
  expect(isFinal(censored)).toBe(false)
  await coerce([])
  await until(() => isFinal(censored))
})

it('who withholds bodies proposes in vain', async () => {
  await coerce(['withhold-bodies'])
  await grows(2)
  const from = (await height()) + 1
  await grows(8)
  const block = (at: number) =>
    getJson<{ proposer: number }>(`${cluster.running.get('v4')!.api}/v1/blocks/${at}`)
  const blocks = await Promise.all(Array.from({ length: 8 }, (_, i) => block(from + i)))
  for (const { proposer } of blocks) expect(proposer).toBeGreaterThanOrEqual(inHand.length)
})
