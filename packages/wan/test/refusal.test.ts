import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Ipv4Header, readIpv4, setWord16, word16, word32 } from '../src/router/packets/ipv4.ts'
import { refusalOf } from '../src/router/packets/refusal.ts'
import { isWhole, type Segment, tcpPacket, udpPacket } from './ip-packets.ts'

const ends = { source: 0x0a4d0102, destination: 0x0a4d0202 }
const flags = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16 }
const segment: Segment = {
  source: 40_000,
  destination: 30_333,
  sequence: 0xfffffff0,
  acknowledgement: 77,
  flags: flags.ack | flags.psh,
  payload: new Uint8Array(100),
}
const refuse = (packet: Uint8Array): Uint8Array | null => refusalOf(packet, readIpv4(packet) as Ipv4Header)

test('data of a connection is answered by the reset that its sender accepts (RFC 9293, 3.10.7.1)', () => {
  const answer = refuse(tcpPacket(ends, segment)) as Uint8Array
  expect(isWhole(answer)).toBe(true)
  expect(readIpv4(answer)).toMatchObject({ source: ends.destination, destination: ends.source, protocol: 6 })
  const tcp = answer.subarray(20)
  expect([word16(tcp, 0), word16(tcp, 2)]).toEqual([segment.destination, segment.source])
  expect(word32(tcp, 4)).toBe(segment.acknowledgement)
  expect(tcp[13]).toBe(flags.rst)
})

test('an attempt to connect is refused: the reset acknowledges what it counted, also around the end of the numbers', () => {
  const tcp = refuse(
    tcpPacket(ends, { ...segment, sequence: 0xffffffff, flags: flags.syn, payload: new Uint8Array(0) }),
  )?.subarray(20) as Uint8Array
  expect(word32(tcp, 4)).toBe(0)
  expect(word32(tcp, 8)).toBe(0)
  expect(tcp[13]).toBe(flags.rst | flags.ack)
})

test('without acknowledgement, data and FIN are counted', () => {
  const tcp = refuse(tcpPacket(ends, { ...segment, sequence: 10, flags: flags.fin }))?.subarray(
    20,
  ) as Uint8Array
  expect(word32(tcp, 8)).toBe(10 + 100 + 1)
})

test('a datagram is answered as if nobody listened, with its header and first eight bytes', () => {
  const packet = udpPacket(ends, new Uint8Array(50))
  const answer = refuse(packet) as Uint8Array
  expect(isWhole(answer)).toBe(true)
  expect(readIpv4(answer)).toMatchObject({ source: ends.destination, destination: ends.source, protocol: 1 })
  expect([...answer.subarray(20, 22)]).toEqual([3, 3])
  expect([...answer.subarray(28)]).toEqual([...packet.subarray(0, 28)])
})

test('nothing answers a reset, ICMP, or a later fragment', () => {
  expect(refuse(tcpPacket(ends, { ...segment, flags: flags.rst | flags.ack }))).toBe(null)
  expect(refuse(refuse(udpPacket(ends, new Uint8Array(5))) as Uint8Array)).toBe(null)
  const fragment = udpPacket(ends, new Uint8Array(50))
  setWord16(fragment, 6, 100)
  expect(refuse(fragment)).toBe(null)
})

test('whatever is refused: the answer is whole, short, goes back, and is itself answered by nothing', () => {
  const protocol = fc.constantFrom(1, 6, 17, 50)
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 20, maxLength: 120 }), protocol, (bytes, protocol) => {
      bytes[0] = 0x45
      bytes[9] = protocol
      setWord16(bytes, 2, bytes.length)
      const answer = refuse(bytes)
      if (answer === null) return
      expect(isWhole(answer)).toBe(true)
      expect(answer.length).toBeLessThanOrEqual(56)
      expect(word32(answer, 16)).toBe(word32(bytes, 12))
      expect(refuse(answer)).toBe(null)
    }),
  )
})
