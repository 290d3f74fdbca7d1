/** Copies of packets that wait, in memory that is used again; bounded. */
export interface PacketStore {
  /** A place with a copy, or null if there is no room. */
  put(packet: Uint8Array): StoredPacket | null
  free(stored: StoredPacket): void
}

export interface StoredPacket {
  /** The packet itself. */
  readonly bytes: Uint8Array
  readonly slot: number
}

const slotsPerChunk = 256

export function packetStore(slotBytes: number, maxPackets: number): PacketStore {
  const chunks: Uint8Array[] = []
  const free: number[] = []
  return {
    put(packet) {
      if (packet.length > slotBytes) return null
      if (free.length === 0) {
        if ((chunks.length + 1) * slotsPerChunk > maxPackets) return null
        const first = chunks.length * slotsPerChunk
        chunks.push(new Uint8Array(slotsPerChunk * slotBytes))
        for (let i = slotsPerChunk - 1; i >= 0; i--) free.push(first + i)
      }
      // The one freed last, which the cache still has.
      const slot = free.pop() as number
      const from = (slot % slotsPerChunk) * slotBytes
      const chunk = chunks[Math.floor(slot / slotsPerChunk)] as Uint8Array
      const bytes = chunk.subarray(from, from + packet.length)
      bytes.set(packet)
      return { bytes, slot }
    },
    free: ({ slot }) => free.push(slot),
  }
}
