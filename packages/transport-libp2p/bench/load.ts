// Seven processes, each broadcasting small direct messages: CPU share of one core, memory, latency.
// node packages/transport-libp2p/bench/load.ts [messages per second] [seconds]
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { nameOf, startNode } from '../test/support/cluster.ts'
import { until } from '../test/support/until.ts'

const count = 7
const firstPort = 21_400

if (process.send === undefined) {
  const [rate = '40', seconds = '10'] = process.argv.slice(2)
  const children = Array.from({ length: count }, (_, i) =>
    fork(fileURLToPath(import.meta.url), [rate, seconds, `${i + 1}`]),
  )
  const reports = await Promise.all(
    children.map(
      (child) =>
        new Promise<Record<string, number>>((resolve) =>
          child.once('message', (it) => resolve(it as Record<string, number>)),
        ),
    ),
  )
  const sum = (key: string): number => reports.reduce((total, report) => total + (report[key] ?? 0), 0)
  const max = (key: string): number => Math.max(...reports.map((report) => report[key] ?? 0))
  console.log(
    `${count} nodes, ${rate} messages/s each: CPU ${sum('cpu').toFixed(0)} % of a core in all, ` +
      `resident at most ${max('rssMiB').toFixed(0)} MiB, latency p50 ${(sum('p50') / count).toFixed(2)} ms, ` +
      `p99 at most ${max('p99').toFixed(1)} ms, round trip p50 ${(sum('roundTrip') / count).toFixed(2)} ms, up after ${max('upMs').toFixed(0)} ms`,
  )
} else {
  const [rate, seconds, index] = process.argv.slice(2).map(Number) as [number, number, number]
  const delays: number[] = []
  const wall = (): number => performance.timeOrigin + performance.now()
  const address = (i: number) => ({ host: '127.0.0.1', port: firstPort + i })
  const others = Array.from({ length: count }, (_, i) => i + 1).filter((i) => i !== index)
  const node = await startNode({
    index,
    listen: address(index),
    dial: new Map(others.filter((i) => i < index).map((i) => [i, address(i)])),
    accept: others.filter((i) => i > index),
    onFrame: ({ frame }) => delays.push(wall() - new DataView(frame.buffer, frame.byteOffset).getFloat64(0)),
  })
  await until(`${nameOf(index)} up`, () => node.transport.connected().length === count - 1, 30_000)
  const upMs = performance.now()
  if (upMs > 6_000) console.log(nameOf(index), upMs, node.changes.join(', '), node.transport.counters())
  await new Promise((resolve) => setTimeout(resolve, 3_000))
  delays.length = 0
  node.transport.takeRoundTrips()
  const began = process.cpuUsage()
  const timer = setInterval(() => {
    const frame = new Uint8Array(150)
    new DataView(frame.buffer).setFloat64(0, wall())
    node.transport.broadcast(frame)
  }, 1_000 / rate)
  await new Promise((resolve) => setTimeout(resolve, seconds * 1_000))
  clearInterval(timer)
  const { user, system } = process.cpuUsage(began)
  const roundTrips = node.transport.takeRoundTrips().map(({ medianMs }) => medianMs)
  delays.sort((a, b) => a - b)
  process.send({
    upMs,
    cpu: (user + system) / 10_000 / seconds,
    rssMiB: process.memoryUsage().rss / 2 ** 20,
    p50: delays[delays.length >> 1] ?? 0,
    roundTrip: roundTrips.reduce((total, ms) => total + ms, 0) / roundTrips.length,
    p99: delays[Math.floor(delays.length * 0.99)] ?? 0,
  })
  await new Promise((resolve) => setTimeout(resolve, 1_000))
  await node.transport.stop()
  process.exit(0)
}
