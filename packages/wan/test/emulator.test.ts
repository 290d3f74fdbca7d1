import fc from 'fast-check'
import { expect, test } from 'vitest'
import { dropReasons } from '../src/router/packets/counters.ts'
import { ipv4Address } from '../src/router/packets/ipv4.ts'
import { wanConformance } from './conformance.ts'
import { emulatedNodes, emulatorHarness } from './emulator-harness.ts'
import { tcpPacket, udpPacket } from './ip-packets.ts'

wanConformance('emulated (virtual time) packets', async () => emulatorHarness(), 0.01)

const [a, b] = emulatedNodes.map(({ address }) => ipv4Address(address)) as [number, number]
const set = (to: object) => ({ owner: 'x', links: [{ from: 'a', to: 'b', set: to }] })

test('every packet is accounted for: delivered, waiting, or dropped for a reason', () => {
  const ratio = fc.constantFrom(0, 0.3, 1)
  const step = fc.oneof(
    fc.record({ kind: fc.constant('send' as const), bytes: fc.nat(1400), gapMs: fc.nat(20) }),
    fc.record({
      kind: fc.constant('set' as const),
      link: fc.record({
        delayMs: fc.nat(100),
        jitterMs: fc.nat(50),
        lossRatio: ratio,
        reorderRatio: ratio,
        corruptRatio: ratio,
        rateMbit: fc.constantFrom(0, 0.5, 100),
        cut: fc.constantFrom('open' as const, 'blackhole' as const, 'reset' as const),
      }),
    }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const { table, counted, emulator, now, pass } = emulatorHarness()
      let received = 0
      for (const step of steps) {
        if (step.kind === 'set') {
          table.apply(set(step.link))
        } else {
          emulator.receive(udpPacket({ source: a, destination: b }, new Uint8Array(step.bytes)), now())
          received++
          void pass(step.gapMs)
        }
        const { packets, delivered, queued, dropped } = counted.read()
        const lost = dropReasons.reduce((sum, reason) => sum + dropped[reason], 0)
        expect(packets).toBe(received)
        expect(delivered + queued + lost).toBe(received)
      }
      void pass(100_000)
      expect(counted.read().queued).toBe(0)
    }),
  )
})

test('what is not between two nodes, or not IPv4, is dropped and counted', () => {
  const { counted, emulator, now, sentPackets, pass } = emulatorHarness()
  const stranger = ipv4Address('10.99.0.1')
  emulator.receive(udpPacket({ source: a, destination: stranger }, new Uint8Array(10)), now())
  emulator.receive(udpPacket({ source: stranger, destination: b }, new Uint8Array(10)), now())
  emulator.receive(udpPacket({ source: a, destination: a }, new Uint8Array(10)), now())
  emulator.receive(Uint8Array.of(0x60, 0, 0, 0), now())
  emulator.receive(new Uint8Array(0), now())
  void pass(1000)
  expect(sentPackets).toEqual([])
  expect(counted.read()).toMatchObject({ packets: 5, delivered: 0, queued: 0, dropped: { foreign: 5 } })
})

test('a packet leaves byte for byte as it came', () => {
  const { emulator, now, sentPackets, pass } = emulatorHarness()
  const packet = tcpPacket(
    { source: a, destination: b },
    {
      source: 1,
      destination: 2,
      sequence: 3,
      acknowledgement: 4,
      flags: 24,
      payload: new Uint8Array(1400).fill(7),
    },
  )
  const buffer = packet.slice()
  emulator.receive(buffer, now())
  buffer.fill(0)
  void pass(1000)
  expect(sentPackets).toEqual([packet])
})

test('the queue before a rate is bounded, and says what it had no room for', () => {
  const { table, counted, emulator, now, pass } = emulatorHarness()
  table.apply(set({ rateMbit: 1 }))
  for (let i = 0; i < 300; i++) {
    emulator.receive(udpPacket({ source: a, destination: b }, new Uint8Array(972)), now())
  }
  const { queued, dropped, links } = counted.read()
  // 128 KiB of 1,000 bytes.
  expect(queued).toBe(131)
  expect(dropped.queue).toBe(169)
  expect(links[0]).toEqual({ packets: 300, bytes: 300_000, dropped: 169 })
  void pass(131 * 8 + 30 + 1)
  expect(counted.read()).toMatchObject({ queued: 0, delivered: 131 })
})

test('what waits is bounded: beyond it, packets are dropped as an overload', () => {
  const { table, counted, emulator, now } = emulatorHarness()
  table.apply(set({ delayMs: 60_000 }))
  const packet = udpPacket({ source: a, destination: b }, new Uint8Array(10))
  for (let i = 0; i < 33_000; i++) emulator.receive(packet, now())
  expect(counted.read()).toMatchObject({ queued: 32_768, dropped: { overload: 33_000 - 32_768 } })
})

test('lateness is counted against the time at which a packet was due', () => {
  const { counted, emulator, now, pass, table } = emulatorHarness()
  table.apply(set({ delayMs: 0 }))
  void pass(10)
  emulator.receive(udpPacket({ source: a, destination: b }, new Uint8Array(10)), now() - 4)
  void pass(0)
  expect(counted.read().lateness.maxMs).toBe(4)
})
