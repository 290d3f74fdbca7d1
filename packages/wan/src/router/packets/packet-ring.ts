/**
 * Packets from the thread that reads them to the thread that emulates: memory that both share, one writer, one reader.
 * `head` counts the packets put in, `tail` those taken out.
 */
export interface PacketRing {
  /** The writer: waits for a free place and gives it to `fill`, which says how long the packet in it is and when it came. */
  put(fill: (place: Uint8Array) => { readonly bytes: number; readonly atMs: number }): void
  /** The reader: the oldest packet, valid until `taken`; null if there is none. */
  first(): { readonly packet: Uint8Array; readonly atMs: number } | null
  taken(): void
  /** The reader: sleeps until a packet or `nudge` comes after what was `seen`, or the time is over. */
  seen(): number
  sleep(seen: number, maxMs: number): void
  /** Anybody: wakes the reader up. */
  nudge(): void
}

export interface RingMemory {
  readonly slotBytes: number
  readonly words: SharedArrayBuffer
  readonly times: SharedArrayBuffer
  readonly bytes: SharedArrayBuffer
}

const [headAt, tailAt, wakeAt, lengthsAt] = [0, 1, 2, 3]

export function ringMemory(slots: number, slotBytes: number): RingMemory {
  return {
    slotBytes,
    words: new SharedArrayBuffer(4 * (lengthsAt + slots)),
    times: new SharedArrayBuffer(8 * slots),
    bytes: new SharedArrayBuffer(slots * slotBytes),
  }
}

export function packetRing(memory: RingMemory): PacketRing {
  const words = new Int32Array(memory.words)
  const times = new Float64Array(memory.times)
  const slots = times.length
  const places = Array.from(
    { length: slots },
    (_, slot) => new Uint8Array(memory.bytes, slot * memory.slotBytes, memory.slotBytes),
  )
  // Unsigned, so that the counts may wrap around: the number of slots is a power of two.
  const slotOf = (count: number): number => (count >>> 0) % slots
  const nudge = (): void => {
    Atomics.add(words, wakeAt, 1)
    Atomics.notify(words, wakeAt)
  }
  return {
    put(fill) {
      const head = Atomics.load(words, headAt)
      for (let tail = Atomics.load(words, tailAt); ((head - tail) | 0) >= slots; ) {
        Atomics.wait(words, tailAt, tail)
        tail = Atomics.load(words, tailAt)
      }
      const slot = slotOf(head)
      const { bytes, atMs } = fill(places[slot] as Uint8Array)
      words[lengthsAt + slot] = bytes
      times[slot] = atMs
      Atomics.store(words, headAt, (head + 1) | 0)
      nudge()
    },
    first() {
      const tail = Atomics.load(words, tailAt)
      if (tail === Atomics.load(words, headAt)) return null
      const slot = slotOf(tail)
      const packet = (places[slot] as Uint8Array).subarray(0, words[lengthsAt + slot])
      return { packet, atMs: times[slot] as number }
    },
    taken() {
      Atomics.add(words, tailAt, 1)
      Atomics.notify(words, tailAt)
    },
    seen: () => Atomics.load(words, wakeAt),
    sleep: (seen, maxMs) => void Atomics.wait(words, wakeAt, seen, maxMs),
    nudge,
  }
}
