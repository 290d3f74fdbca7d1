import { type PhysicalTopic, physicalTopics } from '@groundwork/host'
import {
  type ChainRules,
  chainRules,
  decodePhysicalMessage,
  encodePhysicalMessage,
  type PhysicalBlock,
  type PhysicalMessage,
  type SlotProof,
  trunkHashOf,
} from '@groundwork/physical-core'
import { type Bytes, toHex } from '@groundwork/primitives'
import { readKeyFile } from '@groundwork/program'
import { createTransport, type Libp2pTransport } from '@groundwork/transport-libp2p'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Cluster, createCluster, node, until } from './cluster.ts'

/** One farmer, and a peer of its that this test plays. */
let cluster: Cluster
let rules: ChainRules
let evil: Libp2pTransport<PhysicalTopic>
const heard: PhysicalMessage[] = []
/** How the peer answers ranges. */
let answer: () => PhysicalMessage | null = () => null

beforeAll(async () => {
  cluster = await createCluster({
    seed: 3,
    nodes: [node('f1', { timelord: true }), node('evil', { plots: 0 })],
  })
  rules = chainRules(cluster.written.genesis)
  await cluster.start('f1')
  const { configFile, peerId } = cluster.home('f1')
  evil = await createTransport<PhysicalTopic>({
    self: 'evil',
    networkKey: readKeyFile(configFile.replace('f1/config', 'evil/network-key'), 'network').secretKey,
    listen: { host: '127.0.0.1', port: cluster.p2pPort('evil') },
    peers: [{ name: 'f1', peerId, host: '127.0.0.1', port: cluster.p2pPort('f1'), dial: false }],
    topics: physicalTopics,
    chainTag: toHex(rules.chainId).slice(0, 16),
    events: {
      frame(_from, frame) {
        if ((frame[0] ?? 0) >= 16) return
        const message = decodePhysicalMessage(frame)
        heard.push(message)
        if (message.kind !== 'range-request') return
        const said = answer()
        if (said !== null) evil.send('f1', encodePhysicalMessage(said))
      },
      peerUp() {},
      peerDown() {},
    },
  })
  await until('the farmer tells its blocks', () => of('block').length > 1 && of('slot-proof').length > 4)
})
afterAll(async () => {
  await evil.stop()
  await cluster.end()
})

function of<K extends PhysicalMessage['kind']>(kind: K): Extract<PhysicalMessage, { kind: K }>[] {
  return heard.filter((message) => message.kind === kind) as Extract<PhysicalMessage, { kind: K }>[]
}
const block = (): PhysicalBlock => of('block').at(-1)!.block
const proof = (): SlotProof => of('slot-proof').at(-1)!.proof
const flipped = (bytes: Bytes, bit: number): Bytes =>
  bytes.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte))

async function count(reason: string): Promise<number> {
  const text = await (await fetch(`${cluster.api('f1')}/metrics`)).text()
  const lines = text.matchAll(/^groundwork_(?:physical_refused|rejected)_total\{reason="([^"]+)"\} (\d+)$/gm)
  let sum = 0
  for (const [, name, number] of lines) if (name === reason) sum += Number(number)
  return sum
}

/** Says something, and waits until it was counted. */
async function refused(reason: string, say: () => void): Promise<void> {
  const before = await count(reason)
  say()
  await until(`counted as ${reason}`, async () => (await count(reason)) > before)
}
const publish = (message: PhysicalMessage): void => {
  const topic = { 'slot-proof': 'slots', block: 'blocks', items: 'items' }[
    message.kind as 'block'
  ] as PhysicalTopic
  evil.publish(topic, encodePhysicalMessage(message))
}

it('refuses garbage, published and sent', async () => {
  await refused('codec-version', () => evil.publish('blocks', new Uint8Array(300).fill(7)))
  await refused('codec-truncated', () => evil.send('f1', Uint8Array.of(1, 2, 1)))
  await refused('wrong-topic', () =>
    evil.publish('slots', encodePhysicalMessage({ kind: 'block', block: block() })),
  )
})

it('refuses blocks that were changed', async () => {
  const { foliage, trunk } = block()
  const other = { ...foliage, parentHash: flipped(foliage.parentHash, 9), height: foliage.height + 1 }
  await refused('signature', () => publish({ kind: 'block', block: { ...block(), foliage: other } }))
  await refused('trunk-hash', () => {
    publish({
      kind: 'block',
      block: { ...block(), foliage: other, trunk: { ...trunk, proof: flipped(trunk.proof, 77) } },
    })
  })
  const later = { ...trunk, slot: trunk.slot + 10_000 }
  const ahead = { ...other, trunkHash: trunkHashOf(later) }
  await refused('slot-far-future', () =>
    publish({ kind: 'block', block: { ...block(), foliage: ahead, trunk: later } }),
  )
})

it('refuses slots of the far future, of another chain, and with a wrong delay proof', async () => {
  const { slot, y, seed } = proof()
  await refused('slot-far-future', () =>
    publish({ kind: 'slot-proof', proof: { ...proof(), slot: slot + 500 } }),
  )
  await refused('slot-seed-unknown', () =>
    publish({ kind: 'slot-proof', proof: { ...proof(), seed: flipped(seed, 3), slot: slot + 3 } }),
  )
  await refused('vdf', () =>
    publish({ kind: 'slot-proof', proof: { ...proof(), slot: slot + 8, previous: y, y: flipped(y, 2040) } }),
  )
})

it('refuses answers that it never asked for', async () => {
  await refused('answer-unasked', () =>
    evil.send('f1', encodePhysicalMessage({ kind: 'blocks', blocks: [block()] })),
  )
  await refused('answer-unasked', () =>
    evil.send('f1', encodePhysicalMessage({ kind: 'slots', proofs: [proof()] })),
  )
})

it('drops a peer that claims a chain that it lacks', async () => {
  const status = { height: 1_000_000, hash: block().foliage.parentHash, slot: 2_000_000, weight: 1n << 100n }
  const claim = () => evil.send('f1', encodePhysicalMessage({ kind: 'status', status }))
  answer = () => ({ kind: 'blocks', blocks: [] })
  await refused('sync-empty', claim)
  const blocks = of('block').map((message) => message.block)
  answer = () => ({ kind: 'blocks', blocks: blocks.slice(0, 2) })
  await refused('sync-claim-false', claim)
  answer = () => null
})

it('refuses an item of ten megabytes, by HTTP and published', async () => {
  const body = JSON.stringify({ items: ['00'.repeat(10 * 1024 * 1024)] })
  const response = await fetch(`${cluster.api('f1')}/v1/items`, { method: 'POST', body })
  expect(response.status).toBe(413)
  expect(await response.json()).toMatchObject({ error: 'BODY_TOO_LARGE' })
  const small = await fetch(`${cluster.api('f1')}/v1/items`, {
    method: 'POST',
    body: JSON.stringify({ items: ['00', 'zz'] }),
  })
  const { results } = (await small.json()) as { results: { accepted: boolean; reason: string }[] }
  expect(results.map(({ accepted }) => accepted)).toEqual([false, false])
  await refused('oversize-frame', () => evil.publish('items', new Uint8Array(10 * 1024 * 1024)))
})

it('farms on', async () => {
  const { height } = await cluster.status('f1')
  await until('it grows', async () => (await cluster.status('f1')).height > height + 1)
  const { code } = await cluster.stop('f1')
  expect(code).toBe(0)
})
