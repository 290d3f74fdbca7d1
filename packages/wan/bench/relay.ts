/**
 * Prints what the relay costs: `node packages/wan/bench/relay.ts`, half a minute. Seven nodes, 40 ms each way,
 * 42 relays; messages of 200 bytes are echoed, and the round trip is timed in this process.
 */
import { readFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { capabilitiesOf, type LiveLinkTable, linkTable } from '@groundwork/wan'
import { type RelayNetwork, startRelays } from '@groundwork/wan/relay'

const delayMs = 40
const messageBytes = 200
const names = ['v1', 'v2', 'v3', 'v4', 'v5', 'v6', 'v7']
const table: LiveLinkTable = linkTable({
  nodes: names.map((name) => ({ name, region: name })),
  regions: Object.fromEntries(
    names.map((from) => [from, Object.fromEntries(names.map((to) => [to, from === to ? 0 : delayMs]))]),
  ),
  capabilities: capabilitiesOf('relay'),
})

function quantiles(values: number[]): string {
  values.sort((a, b) => a - b)
  const at = (share: number): string =>
    (values[Math.floor(share * (values.length - 1))] ?? Number.NaN).toFixed(2)
  return `min ${at(0)}, p50 ${at(0.5)}, p90 ${at(0.9)}, p99 ${at(0.99)}, max ${at(1)}`
}

/** CPU time of a process so far, ms. */
function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * 10
}

async function cpuShare(pid: number, during: () => Promise<void>): Promise<string> {
  const [cpu, started] = [cpuMs(pid), performance.now()]
  await during()
  return `${((100 * (cpuMs(pid) - cpu)) / (performance.now() - started)).toFixed(1)} % of a core`
}

async function echoServer(): Promise<number> {
  const server = createServer((socket) => {
    socket.setNoDelay(true)
    socket.on('error', () => {})
    socket.pipe(socket)
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  server.unref()
  return (server.address() as AddressInfo).port
}

interface Client {
  send(): void
  readonly rttsMs: number[]
  readonly socket: Socket
}

function client(port: number): Client {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true })
  const sentMs: number[] = []
  const rttsMs: number[] = []
  let pending = 0
  socket.on('data', (bytes) => {
    for (pending += bytes.length; pending >= messageBytes; pending -= messageBytes) {
      rttsMs.push(performance.now() - (sentMs.shift() as number))
    }
  })
  return {
    socket,
    rttsMs,
    send() {
      sentMs.push(performance.now())
      socket.write(new Uint8Array(messageBytes))
    },
  }
}

async function load(clients: readonly Client[], perSecond: number, forMs: number): Promise<void> {
  const started = performance.now()
  for (let sent = 0; performance.now() - started < forMs; await sleep(1)) {
    const due = Math.floor(((performance.now() - started) * perSecond) / 1000)
    for (; sent < due; sent++) clients[sent % clients.length]?.send()
  }
  await sleep(200)
}

async function direct(port: number): Promise<void> {
  const clients = Array.from({ length: 42 }, () => client(port))
  await sleep(300)
  await load(clients, 2100, 3000)
  console.log(`without relay, 2100 messages/s: ${quantiles(clients.flatMap(({ rttsMs }) => rttsMs))}`)
  for (const { socket } of clients) socket.destroy()
}

async function relayed(network: RelayNetwork, perSecond: number): Promise<void> {
  const pairs = names.flatMap((from) =>
    names.filter((to) => to !== from).map((to) => network.address(from, to)),
  )
  const clients = pairs.map(({ port }) => client(port))
  await sleep(500)
  await network.stats()
  const cpu = await cpuShare(network.pid, () => load(clients, perSecond, 5000))
  const { lateness, loopLagMsMax } = await network.stats()
  console.log(
    `${perSecond} messages/s over ${pairs.length} relays: ${quantiles(clients.flatMap((c) => c.rttsMs))}`,
  )
  console.log(
    `  relay ${cpu}; releases late: p50 ${lateness.p50Ms}, p99 ${lateness.p99Ms}, max ${lateness.maxMs} ms`,
  )
  console.log(`  event loop of the relay late by at most ${loopLagMsMax.toFixed(1)} ms`)
  for (const { socket } of clients) socket.destroy()
}

async function throughput(network: RelayNetwork, links: number): Promise<void> {
  table.apply({
    owner: 'near',
    links: names.slice(1).flatMap((to) => [
      { from: 'v1', to, set: { delayMs: 1 } },
      { from: to, to: 'v1', set: { delayMs: 1 } },
    ]),
  })
  await network.settle()
  let received = 0
  const sink = createServer((socket) => {
    socket.on('data', (bytes) => {
      received += bytes.length
    })
    socket.on('error', () => {})
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => sink.once('listening', resolve))
  sink.unref()
  for (const name of names)
    network.setTarget(name, { host: '127.0.0.1', port: (sink.address() as AddressInfo).port })
  await network.settle()
  const chunk = new Uint8Array(256 * 1024)
  const sockets = names.slice(1, 1 + links).map((to) => {
    const socket = connect(network.address('v1', to))
    const fill = (): void => {
      while (socket.write(chunk)) {}
    }
    socket
      .on('connect', fill)
      .on('drain', fill)
      .on('error', () => {})
    return socket
  })
  await sleep(500)
  const [before, started] = [received, performance.now()]
  const cpu = await cpuShare(network.pid, () => sleep(3000))
  const mbit = ((received - before) * 8) / 1000 / (performance.now() - started)
  console.log(`throughput over ${links} connections at 1 ms: ${Math.round(mbit)} Mbit/s; relay ${cpu}`)
  for (const socket of sockets) socket.destroy()
  table.remove('near')
  await network.settle()
}

const residentMiB = (): number =>
  Math.round(Number(readFileSync(`/proc/${network.pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)?.[1]) / 1024)

const port = await echoServer()
await direct(port)
const network = await startRelays({ table })
for (const name of names) network.setTarget(name, { host: '127.0.0.1', port })
await network.settle()
await sleep(1000)
console.log(`idle: relay ${await cpuShare(network.pid, () => sleep(3000))}`)
console.log(`ideal round trip: ${2 * delayMs} ms`)
await relayed(network, 50)
await relayed(network, 2100)
console.log(`relay resident: ${residentMiB()} MiB`)
await throughput(network, 1)
await throughput(network, 6)
console.log(`relay resident: ${residentMiB()} MiB`)
await network.stop()
