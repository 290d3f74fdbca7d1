// Time from the heal of a black hole to peerUp on both sides and to the first publication, per round trip.
// node packages/transport-libp2p/bench/recovery.ts [repeats]
import { bytesOf, startNode, stopAll } from '../test/support/cluster.ts'
import { startRelay } from '../test/support/relay.ts'
import { until } from '../test/support/until.ts'

const repeats = Number(process.argv[2] ?? 10)
const cutMs = 3_000

for (const rttMs of [0, 66, 186]) {
  const one = await startNode({ index: 1, accept: [2] })
  const relay = await startRelay(one.transport.listening(), rttMs / 2)
  const two = await startNode({ index: 2, dial: new Map([[1, relay.address]]) })
  const up = (): boolean => [one, two].every((node) => node.transport.connected().length === 1)
  await until('up', up)
  const noticed: number[] = []
  const dialler: number[] = []
  const acceptor: number[] = []
  const gossip: number[] = []
  for (let i = 0; i < repeats; i++) {
    relay.cut()
    noticed.push(
      await until('down', () => [one, two].every((node) => node.transport.connected().length === 0)),
    )
    await new Promise((resolve) => setTimeout(resolve, cutMs * (0.5 + Math.random() / 2)))
    relay.heal()
    const healed = performance.now()
    const times = await Promise.all([
      until('up', () => two.transport.connected().length === 1),
      until('up', () => one.transport.connected().length === 1),
    ])
    dialler.push(times[0])
    acceptor.push(times[1])
    one.transport.publish('proposals', bytesOf(`round ${i}`))
    await until('published', () => two.texts('v1', 'proposals').includes(`round ${i}`))
    gossip.push(performance.now() - healed)
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
  const show = (values: number[]): string => {
    const sorted = values.toSorted((a, b) => a - b).map(Math.round)
    return `${sorted[0]} / ${sorted[sorted.length >> 1]} / ${sorted.at(-1)}`
  }
  console.log(
    `rtt ${rttMs} ms (min / median / max, ms): noticed ${show(noticed)}, dialler up ${show(dialler)}, acceptor up ${show(acceptor)}, publication ${show(gossip)}`,
  )
  console.log(two.transport.counters())
  await stopAll([one, two])
  await relay.stop()
}
