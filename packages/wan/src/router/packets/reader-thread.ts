import { readSync } from 'node:fs'
import { workerData } from 'node:worker_threads'
import { monotonicMs } from '../../timing/alarm.ts'
import { packetRing, type RingMemory } from './packet-ring.ts'

export interface ReaderInit {
  /** Of the TUN device; a read gives one packet, and waits for it. */
  readonly descriptor: number
  readonly memory: RingMemory
}

const { descriptor, memory } = workerData as ReaderInit
const ring = packetRing(memory)

for (;;) {
  ring.put((place) => {
    const bytes = readSync(descriptor, place)
    return { bytes, atMs: monotonicMs() }
  })
}
