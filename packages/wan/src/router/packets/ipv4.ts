import { CodedError } from '@groundwork/primitives'

export const protocols = { icmp: 1, tcp: 6, udp: 17 } as const

/** The fields of an IPv4 header (RFC 791) that an emulated network looks at; lengths in bytes. */
export interface Ipv4Header {
  readonly source: number
  readonly destination: number
  readonly protocol: number
  readonly headerBytes: number
  /** Header and payload; a read packet may have padding behind. */
  readonly totalBytes: number
  /** Not the beginning of its datagram: has no transport header. */
  readonly laterFragment: boolean
}

/** Null if it is no whole IPv4 packet. */
export function readIpv4(packet: Uint8Array): Ipv4Header | null {
  const headerBytes = 4 * ((packet[0] ?? 0) & 0x0f)
  if (packet.length < 20 || (packet[0] as number) >> 4 !== 4 || headerBytes < 20) return null
  const totalBytes = word16(packet, 2)
  if (totalBytes < headerBytes || totalBytes > packet.length) return null
  return {
    source: word32(packet, 12),
    destination: word32(packet, 16),
    protocol: packet[9] as number,
    headerBytes,
    totalBytes,
    laterFragment: (word16(packet, 6) & 0x1fff) !== 0,
  }
}

/** Writes an IPv4 header of 20 bytes, with its checksum, before a payload that is already in its place. */
export function writeIpv4(
  packet: Uint8Array,
  { source, destination, protocol }: Pick<Ipv4Header, 'source' | 'destination' | 'protocol'>,
): void {
  packet.fill(0, 0, 20)
  packet[0] = 0x45
  setWord16(packet, 2, packet.length)
  setWord16(packet, 6, 0x4000)
  packet[8] = 64
  packet[9] = protocol
  setWord32(packet, 12, source)
  setWord32(packet, 16, destination)
  setWord16(packet, 10, checksum(packet.subarray(0, 20)))
}

/** The internet checksum (RFC 1071) of bytes, over the sum of others if `from` is given. 0 if they carry their own and are whole. */
export function checksum(bytes: Uint8Array, from = 0): number {
  let sum = from
  for (let at = 0; at + 1 < bytes.length; at += 2) sum += word16(bytes, at)
  if (bytes.length % 2 === 1) sum += (bytes[bytes.length - 1] as number) << 8
  while (sum > 0xffff) sum = (sum >>> 16) + (sum & 0xffff)
  return ~sum & 0xffff
}

/** What TCP and UDP add to the sum of their own bytes: addresses, protocol and length. */
export function pseudoHeaderSum(
  { source, destination, protocol }: Pick<Ipv4Header, 'source' | 'destination' | 'protocol'>,
  bytes: number,
): number {
  const halves = (address: number): number => (address >>> 16) + (address & 0xffff)
  return halves(source) + halves(destination) + protocol + bytes
}

/** Throws a CodedError `router-address`. */
export function ipv4Address(text: string): number {
  const octets = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1).map(Number)
  if (octets === undefined || octets.some((octet) => octet > 255)) {
    throw new CodedError('router-address', `${text} is no IPv4 address, such as 10.77.1.2`)
  }
  return octets.reduce((address, octet) => address * 256 + octet, 0)
}

export function word16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number)
}

export function word32(bytes: Uint8Array, at: number): number {
  return ((word16(bytes, at) << 16) | word16(bytes, at + 2)) >>> 0
}

export function setWord16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = (value >>> 8) & 0xff
  bytes[at + 1] = value & 0xff
}

export function setWord32(bytes: Uint8Array, at: number, value: number): void {
  setWord16(bytes, at, value >>> 16)
  setWord16(bytes, at + 2, value & 0xffff)
}
