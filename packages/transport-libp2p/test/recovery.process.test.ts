import { afterEach, describe, expect, test } from 'vitest'
import { bytesOf, startMesh, startNode, stopAll, type TestNode } from './support/cluster.ts'
import { type Relay, startRelay } from './support/relay.ts'
import { until } from './support/until.ts'

const nodes: TestNode[] = []
const relays: Relay[] = []
afterEach(async () => {
  await stopAll(nodes.splice(0))
  await Promise.all(relays.splice(0).map((relay) => relay.stop()))
})

/** Node 2 dials node 1 through a relay. */
async function startPair(delayMs: number): Promise<{ one: TestNode; two: TestNode; relay: Relay }> {
  const one = await startNode({ index: 1, accept: [2] })
  const relay = await startRelay(one.transport.listening(), delayMs)
  const two = await startNode({ index: 2, dial: new Map([[1, relay.address]]) })
  nodes.push(one, two)
  relays.push(relay)
  await until(
    'both up',
    () => one.transport.connected().length === 1 && two.transport.connected().length === 1,
  )
  return { one, two, relay }
}

/** Publishes until something has come by gossip itself, not over the direct stream. */
async function gossips(from: TestNode, to: TestNode, text: string, timeoutMs: number): Promise<number> {
  let sent = 0
  const before = to.transport.counters().gossipFramesIn ?? 0
  const found = until(
    `gossip from ${from.name} to ${to.name}`,
    () => (to.transport.counters().gossipFramesIn ?? 0) > before,
    timeoutMs,
  )
  const timer = setInterval(() => from.transport.publish('proposals', bytesOf(`${text} ${sent++}`)), 10)
  return found.finally(() => clearInterval(timer))
}

describe.each([0, 33, 93])('a black hole on a link of %i ms one way', (delayMs) => {
  test('is noticed within 2.5 s, and after the heal frames and gossip flow within 1.5 s, both ways', async () => {
    const { one, two, relay } = await startPair(delayMs)
    relay.cut()
    await until(
      'both notice',
      () => [one, two].every((node) => node.transport.connected().length === 0),
      2_500,
    )
    expect(one.changes).toEqual(['up v2', 'down v2 silent'])
    expect(two.changes).toEqual(['up v1', 'down v1 silent'])

    await until('many dials are in flight', () => (two.transport.counters().dials ?? 0) > 10)
    relay.heal()
    const healedMs = performance.now()
    await until(
      'both up again',
      () => [one, two].every((node) => node.transport.connected().length === 1),
      1_500,
    )
    one.transport.send('v2', bytesOf('ping'))
    two.transport.send('v1', bytesOf('pong'))
    const leftMs = 1_500 - (performance.now() - healedMs) + 2 * delayMs
    await until('frames', () => one.texts('v2').length === 1 && two.texts('v1').length === 1, leftMs)
    await Promise.all([gossips(one, two, 'a', 1_000), gossips(two, one, 'b', 1_000)])
    expect(one.changes).toEqual(['up v2', 'down v2 silent', 'up v2'])
    expect(one.transport.counters()).toMatchObject({ reconnects: 1 })
  })
})

test('a process that did not run for a while does not blame its peers', async () => {
  const { one, two } = await startPair(0)
  const endMs = performance.now() + 2_500
  while (performance.now() < endMs);
  one.transport.send('v2', bytesOf('awake'))
  await until('a frame', () => two.texts('v1').includes('awake'))
  for (const node of [one, two]) expect(node.transport.counters()).not.toHaveProperty('peerDowns')
})

test('nothing that was sent during the cut arrives after the heal', async () => {
  const { one, two, relay } = await startPair(0)
  relay.cut()
  one.transport.send('v2', bytesOf('lost'))
  await until('both notice', () => [one, two].every((node) => node.transport.connected().length === 0))
  one.transport.send('v2', bytesOf('unconnected'))
  expect(one.transport.counters()).toMatchObject({ droppedUnconnected: 1 })
  relay.heal()
  await until('up again', () => one.transport.connected().length === 1)
  one.transport.send('v2', bytesOf('after'))
  await until('a frame', () => two.received.length > 0)
  expect(two.texts('v1')).toEqual(['after'])
})

test('a peer that restarts on another port behind the same address is back quickly', async () => {
  const { one, two, relay } = await startPair(10)
  await one.transport.stop()
  await until('noticed', () => two.transport.connected().length === 0)
  const again = await startNode({ index: 1, accept: [2] })
  nodes.push(again)
  relay.target = again.transport.listening()
  await until('back', () => two.transport.connected().length === 1, 1_500)
  await until('up there too', () => again.transport.connected().length === 1, 1_500)
  await Promise.all([gossips(again, two, 'a', 1_500), gossips(two, again, 'b', 1_500)])
  expect(two.changes).toEqual(['up v1', 'down v1 closed', 'up v1'])
})

test('a dialling peer that restarts replaces its dead connection, which the other side still believes in', async () => {
  const { one, two, relay } = await startPair(0)
  relay.cut()
  await two.transport.stop()
  relay.heal()
  const again = await startNode({ index: 2, dial: new Map([[1, relay.address]]) })
  nodes.push(again)
  await until('back', () => again.transport.connected().length === 1, 1_000)
  await until('replaced', () => one.changes.length === 3, 1_000)
  expect(one.changes).toEqual(['up v2', 'down v2 replaced', 'up v2'])
  one.transport.send('v2', bytesOf('new'))
  await until('the new one hears', () => again.texts('v1').length === 1)
  await Promise.all([gossips(one, again, 'a', 1_500), gossips(again, one, 'b', 1_500)])
})

test('a mesh of seven that is cut three to four comes back whole, with gossip from each to each', async () => {
  const group = (index: number): number => (index <= 3 ? 0 : 1)
  const between: Relay[] = []
  nodes.push(
    ...(await startMesh(7, async (from, to, listening) => {
      if (group(from) === group(to)) return listening
      const relay = await startRelay(listening, 33)
      between.push(relay)
      relays.push(relay)
      return relay.address
    })),
  )
  await until('all up', () => nodes.every((node) => node.transport.connected().length === 6))
  for (const relay of between) relay.cut()
  const within = (node: TestNode): number => (group(nodes.indexOf(node) + 1) === 0 ? 2 : 3)
  await until(
    'split',
    () => nodes.every((node) => node.transport.connected().length === within(node)),
    10_000,
  )
  for (const relay of between) relay.heal()
  await until('all up again', () => nodes.every((node) => node.transport.connected().length === 6), 10_000)

  let round = 0
  const all = nodes.length - 1
  const heard = (node: TestNode, prefix: string): boolean => {
    const texts = nodes.flatMap((from) => node.texts(from.name, 'proposals'))
    return nodes.filter((from) => texts.some((it) => it.startsWith(`${prefix} ${from.name} `))).length >= all
  }
  await until(
    'gossip from each to each',
    () => {
      round++
      for (const node of nodes) node.transport.publish('proposals', bytesOf(`whole ${node.name} ${round}`))
      return nodes.every((node) => heard(node, 'whole'))
    },
    5_000,
  )
})
