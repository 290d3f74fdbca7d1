import { nodeSignatures } from '@groundwork/host'
import { equal, keyPair, toHex } from '@groundwork/primitives'
import { afterEach, expect, test } from 'vitest'
import { bytesOf, type NodeInit, startNode, stopAll, type TestNode } from './support/cluster.ts'
import { until } from './support/until.ts'

const secretKey = new Uint8Array(32).fill(77)
const { publicKey } = keyPair(secretKey)
const passport = { publicKey, sign: (message: Uint8Array) => nodeSignatures.sign(secretKey, message) }
/** Signs with another key than it names. */
const forged = { ...passport, sign: (message: Uint8Array) => nodeSignatures.sign(publicKey, message) }
const guest = toHex(publicKey)

const nodes: TestNode[] = []
afterEach(() => stopAll(nodes.splice(0)))
const start = async (init: NodeInit): Promise<TestNode> => {
  const node = await startNode(init)
  nodes.push(node)
  return node
}
const refused = ({ transport }: TestNode): number => transport.counters()['rejected.unknown-peer'] ?? 0

test('a peer that nobody lists comes in while the key of its passport is admitted, and goes with it', async () => {
  let isAdmitted = false
  const host = await start({ index: 1, admits: (key) => isAdmitted && equal(key, publicKey) })
  const dial = new Map([[1, host.transport.listening()]])
  const newcomer = await start({ index: 2, dial, passport })
  await until('refused', () => refused(host) > 0)
  expect(host.changes).toEqual([])

  isAdmitted = true
  await until('connected', () => newcomer.transport.connected().includes('v1'))
  await until('up', () => host.transport.connected().includes(guest))
  newcomer.transport.send('v1', bytesOf('direct'))
  newcomer.transport.publish('proposals', bytesOf('published'))
  host.transport.broadcast(bytesOf('to all'))
  await until('heard', () => host.texts(guest).includes('direct') && newcomer.texts('v1').includes('to all'))
  await until('heard of', () => host.texts(guest, 'proposals').includes('published'))

  // Its bearer under another peer id has to wait until this one is gone; others have to sign with the key that they name.
  const before = refused(host)
  await start({ index: 3, dial, passport })
  await start({ index: 4, dial, passport: forged })
  await start({ index: 5, dial })
  await until('refused as well', () => refused(host) >= before + 6)
  expect(host.changes).toEqual([`up ${guest}`])

  isAdmitted = false
  await until('sent away', () => host.changes.includes(`down ${guest} not-admitted`))
  expect(host.transport.connected()).toEqual([])
})

test('who is listed may show a passport, too', async () => {
  const host = await start({ index: 1, accept: [2] })
  const dial = new Map([[1, host.transport.listening()]])
  await start({ index: 2, dial, passport })
  await until('connected', () => host.transport.connected().includes('v2'))
  expect(host.transport.counters()).not.toHaveProperty('rejected.unknown-protocol')
})
