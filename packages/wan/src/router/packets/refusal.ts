import {
  checksum,
  type Ipv4Header,
  protocols,
  pseudoHeaderSum,
  setWord16,
  setWord32,
  word32,
  writeIpv4,
} from './ipv4.ts'

const ipBytes = 20
const tcpBytes = 20
const flags = { fin: 0x01, syn: 0x02, rst: 0x04, ack: 0x10 } as const

/**
 * What the destination of a packet would answer if nobody listened there: a reset to TCP (RFC 9293, 3.10.7.1), an
 * ICMP "port unreachable" to UDP (RFC 792). Null where no answer is due, above all to a reset and to ICMP.
 */
export function refusalOf(packet: Uint8Array, header: Ipv4Header): Uint8Array | null {
  if (header.laterFragment) return null
  const back = { source: header.destination, destination: header.source }
  const transport = packet.subarray(header.headerBytes, header.totalBytes)
  if (header.protocol === protocols.tcp) return tcpReset(transport, back)
  if (header.protocol === protocols.udp) return unreachable(packet.subarray(0, header.headerBytes + 8), back)
  return null
}

type Ends = Pick<Ipv4Header, 'source' | 'destination'>

function tcpReset(segment: Uint8Array, ends: Ends): Uint8Array | null {
  if (segment.length < tcpBytes) return null
  const seen = segment[13] as number
  if ((seen & flags.rst) !== 0) return null
  const answer = new Uint8Array(ipBytes + tcpBytes)
  const reset = answer.subarray(ipBytes)
  reset.set(segment.subarray(2, 4), 0)
  reset.set(segment.subarray(0, 2), 2)
  if ((seen & flags.ack) !== 0) {
    reset.set(segment.subarray(8, 12), 4)
    reset[13] = flags.rst
  } else {
    const dataBytes = segment.length - 4 * ((segment[12] as number) >> 4)
    const counted = dataBytes + (seen & flags.syn ? 1 : 0) + (seen & flags.fin ? 1 : 0)
    setWord32(reset, 8, (word32(segment, 4) + counted) >>> 0)
    reset[13] = flags.rst | flags.ack
  }
  reset[12] = (tcpBytes / 4) << 4
  const header = { ...ends, protocol: protocols.tcp }
  setWord16(reset, 16, checksum(reset, pseudoHeaderSum(header, tcpBytes)))
  writeIpv4(answer, header)
  return answer
}

/** Quotes the refused packet's header and its first eight bytes. */
function unreachable(quoted: Uint8Array, ends: Ends): Uint8Array {
  const answer = new Uint8Array(ipBytes + 8 + quoted.length)
  const icmp = answer.subarray(ipBytes)
  icmp[0] = 3
  icmp[1] = 3
  icmp.set(quoted, 8)
  setWord16(icmp, 2, checksum(icmp))
  writeIpv4(answer, { ...ends, protocol: protocols.icmp })
  return answer
}
