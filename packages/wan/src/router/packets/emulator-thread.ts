import { writeSync } from 'node:fs'
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { prng } from '@groundwork/primitives'
import type { ChangedLink } from '../../live-link-table.ts'
import { monotonicMs } from '../../timing/alarm.ts'
import { earlyMs } from '../../timing/scheduler.ts'
import type { InterpreterInit } from '../interpreter.ts'
import { counters } from './counters.ts'
import { emulator } from './emulator.ts'
import { packetRing, type RingMemory } from './packet-ring.ts'

export interface EmulatorThreadInit {
  readonly descriptor: number
  readonly memory: RingMemory
  readonly counts: SharedArrayBuffer
  readonly network: Pick<InterpreterInit, 'nodes' | 'links' | 'seed'>
}

/** A message to this thread, followed by a nudge of the ring; answered when in force. */
export interface SetLinks {
  readonly links: readonly ChangedLink[]
}

const { descriptor, memory, counts, network } = workerData as EmulatorThreadInit
const port = parentPort as MessagePort
const ring = packetRing(memory)
const counted = counters(counts)

const links = emulator({
  nodes: network.nodes,
  random: prng(network.seed).split('packets'),
  counters: counted,
  now: monotonicMs,
  slotBytes: memory.slotBytes,
  earlyMs,
  send(packet) {
    try {
      writeSync(descriptor, packet)
    } catch (error) {
      // ENOBUFS and the like: the kernel has no room. Without the device there is no emulation.
      if (['EIO', 'EBADFD', 'EBADF'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
      counted.drop(null, 'overload')
    }
  },
})
links.setLinks(network.links)
port.postMessage('in force')

/** What waits is let go at least after so many packets were taken. */
const batch = 64

// Never returns to the event loop, whose timers are too coarse: this thread sleeps on the ring until the next is due.
for (;;) {
  const seen = ring.seen()
  for (let got = receiveMessageOnPort(port); got !== undefined; got = receiveMessageOnPort(port)) {
    links.setLinks((got.message as SetLinks).links)
    port.postMessage('in force')
  }
  let taken = 0
  for (let next = ring.first(); next !== null && taken < batch; next = ring.first()) {
    links.receive(next.packet, next.atMs)
    ring.taken()
    taken++
  }
  const waitMs = links.release() - earlyMs - monotonicMs()
  if (taken < batch && waitMs > 0) ring.sleep(seen, waitMs)
}
