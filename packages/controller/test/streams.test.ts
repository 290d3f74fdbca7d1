import { forcedItem } from '@groundwork/farmer'
import { decodeTransfer, transactionId } from '@groundwork/ledger'
import { keyPair, toHex } from '@groundwork/primitives'
import type { PlannedFarmer, PlannedNode, PlannedStream } from '@groundwork/scenario'
import type { TraceFact } from '@groundwork/trace'
import { expect, it } from 'vitest'
import { farmerIntake } from '../src/runtime/node-client.ts'
import { monotonicMs } from '../src/schedule.ts'
import { runStreams } from '../src/streams.ts'

const chainId = new Uint8Array(32).fill(7)
const accounts = [1, 2, 3, 4, 5].map((byte) => keyPair(new Uint8Array(32).fill(byte)))
const labels = { region: 'a', cloud: 'a', jurisdiction: 'a', entity: 'a' }
const farmer = (name: string): PlannedFarmer => ({
  name,
  role: 'farmer',
  farmer: 0,
  plots: 1,
  k: 16,
  claims: 'a',
  timelord: false,
  skewMs: 0,
  behaviour: null,
  labels,
})
const nodes: PlannedNode[] = [
  { name: 'v1', role: 'validator', validator: 0, weight: 1, twinOf: null, labels },
  { name: 'v2', role: 'validator', validator: 1, weight: 1, twinOf: null, labels },
  ...['f1', 'f2', 'f3', 'f4'].map(farmer),
]
const stream = (change: Partial<PlannedStream>): PlannedStream => ({
  by: 'physical',
  to: 'target',
  fromMs: 0,
  everyMs: 1,
  count: 1,
  ...change,
})

async function run(streams: readonly PlannedStream[], down: readonly string[] = []) {
  const sent: { readonly to: string; readonly bytes: Uint8Array }[] = []
  const facts: TraceFact[] = []
  await runStreams({
    plan: { nodes, workload: { ratePerSecond: 0, accounts: 1, streams } },
    chainId,
    accounts,
    network: {
      isRunning: (name) => !down.includes(name),
      async submit(to, [bytes]) {
        sent.push({ to, bytes: bytes! })
        return [{ accepted: to !== 'f1', reason: to === 'f1' ? 'item-known' : null, reached: true }]
      },
    },
    startMs: monotonicMs(),
    signal: new AbortController().signal,
    emit: (fact) => facts.push(fact),
  })
  return { sent, facts }
}

it('hands forced transfers to three farmers that run, each time beginning with another one', async () => {
  const { sent, facts } = await run([stream({ count: 2 })], ['f2'])
  expect(sent.map(({ to }) => to)).toEqual(['f1', 'f3', 'f4', 'f3', 'f4', 'f1'])
  const transfers = sent.map(({ bytes }) => decodeTransfer(bytes))
  expect(transfers.every(({ to }) => toHex(to) === toHex(accounts[4]!.publicKey))).toBe(true)
  expect(new Set(transfers.map(({ from }) => toHex(from))).size).toBe(2)
  const said = { kind: 'submitted', accepted: true, reason: null, by: 'physical', target: true }
  expect(facts).toMatchObject([
    { ...said, to: 'f3', transaction: toHex(transactionId(sent[0]!.bytes)) },
    { ...said, to: 'f3' },
  ])
})

it('hands the others to every validator, and takes senders that nobody else has', async () => {
  const { sent, facts } = await run([stream({ count: 2 }), stream({ by: 'stake', to: 'any' })])
  const [first] = sent.filter(({ to }) => to === 'v1')
  expect(sent.filter(({ to }) => to.startsWith('v')).map(({ to }) => to)).toEqual(['v1', 'v2'])
  expect(decodeTransfer(first!.bytes).from).toEqual(accounts[3]!.publicKey)
  expect(decodeTransfer(first!.bytes).to).toEqual(accounts[0]!.publicKey)
  expect(facts.filter((fact) => fact.kind === 'submitted' && fact.by === 'stake')).toMatchObject([
    { to: 'v1', target: false },
  ])
})

it('says when nobody could be reached', async () => {
  const { facts } = await run([stream({})], ['f1', 'f2', 'f3', 'f4'])
  expect(facts).toMatchObject([{ to: '', accepted: false, reason: 'unreachable' }])
})

it('farmers take them as items', () => {
  const bytes = new Uint8Array(40).fill(1)
  expect(farmerIntake.path).toBe('/v1/items')
  expect(farmerIntake.body([bytes])).toEqual({ items: [toHex(forcedItem(bytes))] })
})
