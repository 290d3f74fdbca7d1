import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { decodeTransfer, transactionId, transferMessage } from '@groundwork/ledger'
import { fromHex, keyPair, referenceSignatures, toHex } from '@groundwork/primitives'
import type { RecordOf, TraceFact } from '@groundwork/trace'
import { afterEach, describe, expect, it } from 'vitest'
import { type NodeClient, nodeClient } from '../src/runtime/node-client.ts'
import { waitUntil } from '../src/schedule.ts'
import { runWorkload } from '../src/workload.ts'

const chainId = new Uint8Array(32).fill(7)
const accounts = [1, 2, 3, 4].map((byte) => keyPair(new Uint8Array(32).fill(byte)))

type Reply = (
  transactions: readonly string[],
) => readonly { accepted: boolean; reason: string | null }[] | 'silence'
const accept: Reply = (transactions) => transactions.map(() => ({ accepted: true, reason: null }))

interface FakeNode {
  readonly client: NodeClient
  readonly received: string[]
}

const servers: Server[] = []
const clients: NodeClient[] = []
afterEach(() => {
  for (const client of clients.splice(0)) client.close()
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

/** The HTTP face of a node. */
async function node(reply: Reply = accept): Promise<FakeNode> {
  const received: string[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (piece) => {
      body += piece
    })
    request.on('end', () => {
      const { transactions } = JSON.parse(body) as { transactions: string[] }
      received.push(...transactions)
      const results = reply(transactions)
      if (results !== 'silence') response.end(JSON.stringify({ results }))
    })
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const client = nodeClient({ host: '127.0.0.1', port: (server.address() as AddressInfo).port })
  clients.push(client)
  return { client, received }
}

type Submitted = Extract<TraceFact, { kind: 'submitted' }> & { readonly atMs: number }

async function load(
  nodes: Readonly<Record<string, FakeNode>>,
  ratePerSecond: number,
  until: (facts: Submitted[]) => boolean,
  isFinal: (transaction: string) => boolean = () => true,
) {
  const facts: Submitted[] = []
  const stop = new AbortController()
  const names = Object.keys(nodes)
  const done = runWorkload({
    plan: {
      seed: 1,
      workload: { ratePerSecond, accounts: accounts.length },
      nodes: names.map((name) => ({ name })) as never,
    },
    chainId,
    accounts,
    network: { isRunning: () => true, submit: (name, list) => (nodes[name] as FakeNode).client.submit(list) },
    isFinal,
    signal: stop.signal,
    emit: (fact, atMs) => void facts.push({ ...(fact as RecordOf<'submitted'>), atMs }),
  })
  const signal = new AbortController().signal
  expect(await waitUntil(() => until(facts), { everyMs: 5, withinMs: 20_000, signal })).toBe(true)
  stop.abort()
  await done
  return facts
}

describe('the workload', () => {
  it('sends validly signed transfers, no nonce twice or left out, spread evenly over the nodes', async () => {
    const nodes = { v1: await node(), v2: await node() }
    const facts = await load(nodes, 200, (seen) => seen.length >= 60)
    const all = [...nodes.v1.received, ...nodes.v2.received].map((hex) => fromHex(hex))
    const ids = new Set(all.map((bytes) => toHex(transactionId(bytes))))
    expect(new Set(facts.map(({ transaction }) => transaction))).toEqual(ids)
    expect(Math.abs(nodes.v1.received.length - nodes.v2.received.length)).toBeLessThanOrEqual(20)
    for (const account of accounts) {
      const own = all.map(decodeTransfer).filter(({ from }) => toHex(from) === toHex(account.publicKey))
      expect(own.map(({ nonce }) => nonce).sort((a, b) => a - b)).toEqual(own.map((_, i) => i))
      for (const transfer of own) {
        expect(
          referenceSignatures.verify(transfer.from, transferMessage(chainId, transfer), transfer.signature),
        ).toBe(true)
      }
    }
  })

  it('keeps its pace while a node is silent, and takes what that node did not answer to the next', async () => {
    const nodes = { v1: await node(() => 'silence'), v2: await node() }
    const facts = await load(nodes, 50, (seen) => seen.filter(({ to }) => to === 'v2').length >= 150)
    const sent = facts.map(({ atMs }) => atMs).sort((a, b) => a - b)
    const gaps = sent.slice(1).map((at, i) => at - (sent[i] as number))
    expect(Math.max(...gaps)).toBeLessThan(1000)
    const rescued = facts.filter(({ transaction, accepted, to }) => {
      const first = nodes.v1.received.some((hex) => toHex(transactionId(fromHex(hex))) === transaction)
      return first && accepted && to === 'v2'
    })
    expect(rescued.length).toBeGreaterThan(0)
  })

  it("sends an account's oldest transfer again, and to another node, while it is not final", async () => {
    const nodes = { v1: await node(), v2: await node() }
    const firsts = (list: readonly string[]) => list.filter((hex) => decodeTransfer(fromHex(hex)).nonce === 0)
    await load(
      nodes,
      10,
      () => firsts(nodes.v2.received).length >= 4,
      () => false,
    )
    const first = firsts(nodes.v1.received)[0] as string
    expect(nodes.v2.received).toContain(first)
  })

  it('uses a nonce again that nobody took, so that the account is not stuck', async () => {
    let refusals = 4
    const v1 = await node((transactions) =>
      transactions.map(() =>
        refusals-- > 0 ? { accepted: false, reason: 'pool-full' } : { accepted: true, reason: null },
      ),
    )
    const facts = await load({ v1 }, 200, (seen) => seen.length >= 40)
    expect(facts.filter(({ reason }) => reason === 'pool-full')).toHaveLength(4)
    const accepted = new Set(facts.filter((fact) => fact.accepted).map(({ transaction }) => transaction))
    const taken = [...new Set(v1.received)]
      .map((hex) => fromHex(hex))
      .filter((bytes) => accepted.has(toHex(transactionId(bytes))))
    for (const account of accounts) {
      const nonces = taken
        .map(decodeTransfer)
        .filter(({ from }) => toHex(from) === toHex(account.publicKey))
        .map(({ nonce }) => nonce)
      expect(nonces.sort((a, b) => a - b)).toEqual(nonces.map((_, i) => i))
    }
  })
})
