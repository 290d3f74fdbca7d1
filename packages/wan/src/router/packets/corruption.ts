import { assert, type Prng } from '@groundwork/primitives'
import { type Ipv4Header, protocols } from './ipv4.ts'

/**
 * Flips one bit where the receiver's TCP, UDP or ICMP checksum finds it: in the payload if there is one, and never in
 * an address or a port, for the packet shall arrive. A UDP datagram without checksum passes for whole, as it would.
 */
export function flipBit(packet: Uint8Array, header: Ipv4Header, random: Prng): void {
  const { from, bytes } = corruptible(packet, header)
  if (bytes === 0) return
  const at = from + random.below(bytes)
  assert(at < packet.length, 'the flipped bit lies in the packet')
  packet[at] = (packet[at] as number) ^ (1 << random.below(8))
}

function corruptible(packet: Uint8Array, header: Ipv4Header): { from: number; bytes: number } {
  const transport = header.headerBytes
  const after = (own: number) => ({ from: transport + own, bytes: header.totalBytes - transport - own })
  if (header.laterFragment || header.totalBytes < transport + 8) return after(0)
  switch (header.protocol) {
    case protocols.tcp: {
      if (header.totalBytes < transport + 20) return after(0)
      const payload = after(4 * ((packet[transport + 12] as number) >> 4))
      // Without payload, the window.
      return payload.bytes > 0 ? payload : { from: transport + 14, bytes: 2 }
    }
    case protocols.udp: {
      const payload = after(8)
      // Without payload, the length: a wrong one is refused.
      return payload.bytes > 0 ? payload : { from: transport + 4, bytes: 2 }
    }
    default:
      return after(4)
  }
}
