import { constants, setPriority } from 'node:os'
import { Worker } from 'node:worker_threads'
import { counterMemory, counters } from './counters.ts'
import type { EmulatorThreadInit, SetLinks } from './emulator-thread.ts'
import { packetRing, ringMemory } from './packet-ring.ts'
import type { ReaderInit } from './reader-thread.ts'
import { saturation } from './saturation.ts'
import type { Answer, Command } from './wire.ts'

/**
 * The process that emulates: its standard input and output are a TUN device, one packet a read and a write. One
 * thread reads, one emulates and writes, this one talks with the router, by whose end it ends.
 */
const device = { input: 0, output: 1 } as const
const ringSlots = 1024

const send = (answer: Answer): void => void process.send?.(answer)
const end = (): void => {
  // The reading thread waits in the kernel, so that an orderly exit would wait for the next packet.
  process.kill(process.pid, 'SIGKILL')
}
process.on('disconnect', end)
// Ctrl-C reaches the whole process group; the router decides when this ends.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {})

// Threads started from now on inherit it. Without the right to ask for this, it has to do without.
try {
  setPriority(constants.priority.PRIORITY_HIGH)
} catch {}

interface Opened {
  setLinks(links: SetLinks['links']): void
  stats(): Answer
}

function open({ network, device: name, mtu }: Command & { readonly kind: 'open' }): Opened {
  const memory = ringMemory(ringSlots, 2 ** Math.ceil(Math.log2(mtu)))
  const ring = packetRing(memory)
  const counts = counterMemory(network.nodes.length * (network.nodes.length - 1))
  const start = (file: string, workerData: ReaderInit | EmulatorThreadInit): Worker => {
    const thread = new Worker(new URL(file, import.meta.url), { workerData })
    thread.on('error', (error) => send({ kind: 'broken', message: error.message }))
    return thread
  }
  const emulator = start('./emulator-thread.ts', { descriptor: device.output, memory, counts, network })
  // The first answer says that the links of the beginning are in force.
  emulator.on('message', () => send({ kind: 'done' }))
  start('./reader-thread.ts', { descriptor: device.input, memory })
  const values = counters(counts)
  const watch = saturation([name, ...network.nodes.map((node) => node.interface)], () => values.read())
  return {
    setLinks(links) {
      emulator.postMessage({ links } satisfies SetLinks)
      ring.nudge()
    },
    stats: () => {
      const { user, system } = process.cpuUsage()
      return { kind: 'stats', counters: values.read(), ...watch.read(), cpuMs: (user + system) / 1000 }
    },
  }
}

let opened: Opened | null = null
process.on('message', (command: Command) => {
  if (command.kind === 'open') opened = open(command)
  else if (command.kind === 'links') opened?.setLinks(command.links)
  else if (opened !== null) send(opened.stats())
})
