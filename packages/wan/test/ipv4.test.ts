import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { contains } from '../src/router/host.ts'
import { checksum, ipv4Address, readIpv4, word16, word32 } from '../src/router/packets/ipv4.ts'
import { isWhole, udpPacket } from './ip-packets.ts'

const address = fc.integer({ min: 0, max: 0xffffffff })
const octets = (value: number): string => [24, 16, 8, 0].map((shift) => (value >>> shift) & 0xff).join('.')

test('the checksum of the header that RFC 1071 and every book on IP computes', () => {
  const header = [0x4500, 0x0073, 0x0000, 0x4000, 0x4011, 0x0000, 0xc0a8, 0x0001, 0xc0a8, 0x00c7]
  const bytes = Uint8Array.from(header.flatMap((word) => [word >> 8, word & 0xff]))
  expect(checksum(bytes)).toBe(0xb861)
})

test('what is written is read again, whole, for any addresses and payloads of any length', () => {
  fc.assert(
    fc.property(address, address, fc.uint8Array({ maxLength: 50 }), (source, destination, payload) => {
      const packet = udpPacket({ source, destination }, payload)
      expect(isWhole(packet)).toBe(true)
      expect(readIpv4(packet)).toEqual({
        source,
        destination,
        protocol: 17,
        headerBytes: 20,
        totalBytes: 28 + payload.length,
        laterFragment: false,
      })
    }),
  )
})

test('no bytes make the reader fail, and none make it read beyond them', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      const header = readIpv4(bytes)
      if (header === null) return
      expect(header.totalBytes).toBeLessThanOrEqual(bytes.length)
      expect(header.headerBytes).toBeLessThanOrEqual(header.totalBytes)
    }),
  )
})

describe('is no whole IPv4 packet', () => {
  const packet = (): Uint8Array => udpPacket({ source: 1, destination: 2 }, new Uint8Array(10))
  const changed = (at: number, value: number): Uint8Array => {
    const bytes = packet()
    bytes[at] = value
    return bytes
  }
  test.each([
    ['nothing', new Uint8Array(0)],
    ['half a header', packet().subarray(0, 19)],
    ['IPv6', changed(0, 0x60)],
    ['a header of 16 bytes', changed(0, 0x44)],
    ['less than it says', packet().subarray(0, 37)],
    ['a total length within the header', changed(3, 19)],
  ])('%s', (_, bytes) => {
    expect(readIpv4(bytes)).toBe(null)
  })
})

test('addresses as text and as numbers', () => {
  fc.assert(
    fc.property(address, (value) => {
      expect(ipv4Address(octets(value))).toBe(value)
    }),
  )
  for (const wrong of ['', '10.77.1', '10.77.1.256', '10.77.1.2.3', 'a.b.c.d', '::1']) {
    expect(() => ipv4Address(wrong)).toThrow(expect.objectContaining({ code: 'router-address' }))
  }
})

test('subnets contain their addresses', () => {
  expect(contains('10.77.3.254/24', '10.77.3.2')).toBe(true)
  expect(contains('10.77.3.254/24', '10.77.4.2')).toBe(false)
  expect(contains('10.77.3.254/16', '10.77.4.2')).toBe(true)
  expect(contains('10.77.3.2/32', '10.77.3.2')).toBe(true)
  expect(contains('10.77.3.2/32', '10.77.3.3')).toBe(false)
  expect(contains('255.0.0.1/8', '255.9.9.9')).toBe(true)
})

test('words are big-endian and unsigned', () => {
  const bytes = Uint8Array.from([0xff, 0xfe, 0xfd, 0xfc])
  expect(word16(bytes, 0)).toBe(0xfffe)
  expect(word32(bytes, 0)).toBe(0xfffefdfc)
})
