import { prng } from '@groundwork/primitives'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { flipBit } from '../src/router/packets/corruption.ts'
import { type Ipv4Header, readIpv4, setWord16 } from '../src/router/packets/ipv4.ts'
import { isWhole, tcpPacket, udpPacket } from './ip-packets.ts'

const ends = { source: 0x0a4d0102, destination: 0x0a4d0202 }
const tcp = (payload: Uint8Array): Uint8Array =>
  tcpPacket(ends, { source: 1, destination: 2, sequence: 3, acknowledgement: 4, flags: 16, payload })

test('exactly one bit changes, never of the addresses and ports, and the receiver notices', () => {
  const build = fc.constantFrom(tcp, (payload: Uint8Array) => udpPacket(ends, payload))
  fc.assert(
    fc.property(build, fc.uint8Array({ maxLength: 100 }), fc.nat(), (build, payload, seed) => {
      const before = build(payload)
      const packet = before.slice()
      flipBit(packet, readIpv4(packet) as Ipv4Header, prng(seed))
      const flipped = [...packet].map((byte, i) => byte ^ (before[i] as number)).filter((bits) => bits !== 0)
      expect(flipped.length).toBe(1)
      expect(Math.log2(flipped[0] as number) % 1).toBe(0)
      expect([...packet.subarray(0, 24)]).toEqual([...before.subarray(0, 24)])
      expect(isWhole(packet)).toBe(false)
    }),
  )
})

test('any packet may be damaged, also one whose transport is cut short or a fragment', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 20, maxLength: 60 }), fc.nat(), (bytes, seed) => {
      bytes[0] = 0x45
      setWord16(bytes, 2, bytes.length)
      const packet = bytes.slice()
      flipBit(packet, readIpv4(packet) as Ipv4Header, prng(seed))
      expect([...packet.subarray(0, 20)]).toEqual([...bytes.subarray(0, 20)])
    }),
  )
})
