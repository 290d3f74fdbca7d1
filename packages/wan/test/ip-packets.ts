import {
  checksum,
  type Ipv4Header,
  protocols,
  pseudoHeaderSum,
  readIpv4,
  setWord16,
  setWord32,
  writeIpv4,
} from '../src/router/packets/ipv4.ts'

type Ends = Pick<Ipv4Header, 'source' | 'destination'>

/** A whole UDP datagram, with checksums. */
export function udpPacket(
  ends: Ends,
  payload: Uint8Array,
  ports = { source: 5000, destination: 6000 },
): Uint8Array {
  const packet = new Uint8Array(28 + payload.length)
  const datagram = packet.subarray(20)
  setWord16(datagram, 0, ports.source)
  setWord16(datagram, 2, ports.destination)
  setWord16(datagram, 4, datagram.length)
  datagram.set(payload, 8)
  const header = { ...ends, protocol: protocols.udp }
  setWord16(datagram, 6, checksum(datagram, pseudoHeaderSum(header, datagram.length)) || 0xffff)
  writeIpv4(packet, header)
  return packet
}

export interface Segment {
  readonly source: number
  readonly destination: number
  readonly sequence: number
  readonly acknowledgement: number
  readonly flags: number
  readonly payload: Uint8Array
}

/** A whole TCP segment without options, with checksums. */
export function tcpPacket(ends: Ends, segment: Segment): Uint8Array {
  const packet = new Uint8Array(40 + segment.payload.length)
  const bytes = packet.subarray(20)
  setWord16(bytes, 0, segment.source)
  setWord16(bytes, 2, segment.destination)
  setWord32(bytes, 4, segment.sequence)
  setWord32(bytes, 8, segment.acknowledgement)
  bytes[12] = 5 << 4
  bytes[13] = segment.flags
  setWord16(bytes, 14, 1000)
  bytes.set(segment.payload, 20)
  const header = { ...ends, protocol: protocols.tcp }
  setWord16(bytes, 16, checksum(bytes, pseudoHeaderSum(header, bytes.length)))
  writeIpv4(packet, header)
  return packet
}

/** What a receiver checks: the IP header's checksum, and that of TCP, UDP or ICMP. */
export function isWhole(packet: Uint8Array): boolean {
  const header = readIpv4(packet)
  if (header === null || checksum(packet.subarray(0, header.headerBytes)) !== 0) return false
  const transport = packet.subarray(header.headerBytes, header.totalBytes)
  if (header.protocol === protocols.icmp) return checksum(transport) === 0
  const claimed =
    header.protocol === protocols.udp ? ((transport[4] ?? 0) << 8) | (transport[5] ?? 0) : transport.length
  return claimed === transport.length && checksum(transport, pseudoHeaderSum(header, transport.length)) === 0
}
