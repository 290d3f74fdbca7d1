/**
 * Prints what `packets` costs and where it saturates: `node packages/wan/bench/packets.ts`, a minute, as root. Two
 * nodes in network namespaces, 40 ms each way, datagrams of 428 bytes one way; then TCP over four connections.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { connectRouter, type InterpreterStats, latenessQuantileMs } from '@groundwork/wan/router'
import { conformanceNodes as nodes, conformanceRegions as regions } from '../test/conformance-network.ts'
import { type NamespaceNode, namespaceNetwork } from '../test/namespaces.ts'
import { startRouterProcess } from '../test/router-process.ts'

const delayMs = 40
const seconds = 4
const rates = [1_000, 5_000, 10_000, 20_000, 40_000, 60_000, 80_000]
const program = fileURLToPath(new URL('./load.ts', import.meta.url))

interface End {
  next(): Promise<Record<string, number>>
  end(): void
}

function start(node: NamespaceNode, ...args: (string | number)[]): End {
  const command = ['netns', 'exec', node.namespace, process.execPath, program, ...args.map(String)]
  const child = spawn('ip', command, { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })
  return {
    next: async () => JSON.parse((await once(lines, 'line'))[0] as string),
    end: () => child.stdin.end(),
  }
}

const network = namespaceNetwork(nodes.map(({ name }) => name))
const router = await startRouterProcess(network, 'packets')
try {
  const client = await connectRouter({ address: router.control, nodes, regions })
  const links = [
    { from: 'a', to: 'b', set: { delayMs } },
    { from: 'b', to: 'a', set: { delayMs } },
  ]
  await client.apply({ owner: 'bench', links })
  const stats = async (): Promise<InterpreterStats> => (await client.wan()).stats
  const [a, b] = network.nodes as [NamespaceNode, NamespaceNode]
  /** What the router did meanwhile, as text. */
  const during = async (work: () => Promise<void>): Promise<string> => {
    const before = await stats()
    await work()
    const now = await stats()
    const perSecond = (now.packets - before.packets) / ((now.forMs - before.forMs) / 1000)
    const cpu = (100 * (now.cpuMs - before.cpuMs)) / (now.forMs - before.forMs)
    const late = [0.5, 0.99].map((share) => {
      if (now.lateness === null) return 'unknown'
      return latenessQuantileMs(now.lateness, share, before.lateness).toFixed(2)
    })
    const overload = (now.dropped.by.overload ?? 0) - (before.dropped.by.overload ?? 0)
    return [
      `${perSecond.toFixed(0)} packets/s, ${cpu.toFixed(0)} % of a core`,
      `late p50 ${late[0]}, p99 ${late[1]} ms, dropped by overload ${overload}`,
      `saturated seconds ${now.saturatedSeconds - before.saturatedSeconds}`,
    ].join('; ')
  }

  console.log(`idle: ${await during(() => sleep(2000).then(() => {}))}`)
  for (const rate of rates) {
    const receiver = start(b, 'receive')
    const { port } = await receiver.next()
    let sent: Record<string, number> = {}
    const cost = await during(async () => {
      sent = await start(a, 'send', b.address, port as number, rate, seconds).next()
      await sleep(300)
    })
    receiver.end()
    const { received, p50Ms, p99Ms, maxMs } = await receiver.next()
    const lost = (sent.sent as number) - (received as number)
    const delay = [p50Ms, p99Ms, maxMs].map((ms) => ms?.toFixed(1)).join(', ')
    console.log(
      `${rate}/s asked: one way p50, p99, max ${delay} ms (asked ${delayMs}); lost ${lost} of ${sent.sent}`,
    )
    console.log(`  router: ${cost}`)
  }
  for (const connections of [1, 4]) {
    const sink = start(b, 'sink')
    const { port } = await sink.next()
    const source = start(a, 'stream', b.address, port as number, connections)
    const cost = await during(() => sleep(seconds * 1000).then(() => {}))
    sink.end()
    const { bytes, forMs } = await sink.next()
    source.end()
    const mbit = ((bytes as number) * 8) / 1000 / (forMs as number)
    console.log(`TCP, ${connections} connections: ${mbit.toFixed(0)} Mbit/s`)
    console.log(`  router: ${cost}`)
  }
} finally {
  await router.stop()
  network.close()
}
