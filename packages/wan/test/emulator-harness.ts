import { prng } from '@groundwork/primitives'
import { capabilitiesOf, linkTable } from '@groundwork/wan'
import { type Counters, counterMemory, counters } from '../src/router/packets/counters.ts'
import { type Emulator, emulator } from '../src/router/packets/emulator.ts'
import {
  type Ipv4Header,
  ipv4Address,
  protocols,
  readIpv4,
  setWord32,
  word32,
} from '../src/router/packets/ipv4.ts'
import { fullTable } from '../src/router/service.ts'
import type { Channel, WanHarness } from './conformance-harness.ts'
import { conformanceNodes, conformanceRegions } from './conformance-network.ts'
import { isWhole, udpPacket } from './ip-packets.ts'

/** The emulator of `packets` in virtual time; its nodes are at 10.77.1.2, 10.77.2.2, ... */
export interface EmulatorHarness extends WanHarness {
  readonly counted: Counters
  readonly emulator: Emulator
  /** Whatever it sent, in order. */
  readonly sentPackets: readonly Uint8Array[]
}

export const emulatedNodes: readonly { readonly name: string; readonly address: string }[] =
  conformanceNodes.map(({ name }, i) => ({ name, address: `10.77.${i + 1}.2` }))

const headerBytes = 28

export function emulatorHarness(): EmulatorHarness {
  let nowMs = 0
  const table = linkTable({
    nodes: conformanceNodes,
    regions: conformanceRegions,
    capabilities: capabilitiesOf('packets'),
  })
  const counted = counters(counterMemory(6))
  const sentPackets: Uint8Array[] = []
  const damaged = new Map<number, number>()
  const lanes: { deliver(message: number): void; refuse(): void }[] = []
  const addressOf = (name: string): number =>
    ipv4Address(emulatedNodes.find((node) => node.name === name)?.address as string)

  const receive = (packet: Uint8Array): void => {
    const { protocol, destination } = readIpv4(packet) as Ipv4Header
    if (!isWhole(packet)) {
      damaged.set(destination, (damaged.get(destination) ?? 0) + 1)
    } else if (protocol === protocols.udp) {
      lanes[word32(packet, headerBytes)]?.deliver(word32(packet, headerBytes + 4))
    } else {
      // Of the refused datagram ICMP quotes the ports alone, which are the lane's number here.
      lanes[word32(packet, 20 + 8 + 20)]?.refuse()
    }
  }
  const emulated = emulator({
    nodes: emulatedNodes,
    random: prng('emulator'),
    counters: counted,
    now: () => nowMs,
    slotBytes: 2048,
    earlyMs: 0,
    send(packet) {
      const copy = packet.slice()
      sentPackets.push(copy)
      receive(copy)
    },
  })
  emulated.setLinks(fullTable(table))
  table.onChange((links) => emulated.setLinks(links))

  const pass = (ms: number): void => {
    const endMs = nowMs + ms
    for (;;) {
      const dueMs = emulated.release()
      if (dueMs > endMs) break
      nowMs = dueMs
    }
    nowMs = endMs
    emulated.release()
  }

  const lane = (from: string, to: string, refuse: () => void) => {
    const messages: { sentMs: number; arrivedMs: number | null; copies: number }[] = []
    const number = lanes.length
    const ports = { source: 0, destination: number }
    lanes.push({
      refuse,
      deliver(message) {
        const known = messages[message] as (typeof messages)[number]
        known.arrivedMs ??= nowMs
        known.copies++
      },
    })
    const send = (bytes: number): void => {
      const payload = new Uint8Array(bytes)
      setWord32(payload, 0, number)
      setWord32(payload, 4, messages.length)
      messages.push({ sentMs: nowMs, arrivedMs: null, copies: 0 })
      const ends = { source: addressOf(from), destination: addressOf(to) }
      emulated.receive(udpPacket(ends, payload, ports), nowMs)
    }
    return { messages, send }
  }

  return {
    table,
    counted,
    emulator: emulated,
    sentPackets,
    now: () => nowMs,
    pass: async (ms) => pass(ms),
    settle: async () => pass(0.001),
    lagMsMax: () => 0,
    headerBytes,
    damaged: async (node) => damaged.get(addressOf(node)) ?? 0,
    close: async () => {},
    open(from, to): Channel {
      let refused = false
      const refuse = (): void => {
        refused = true
      }
      const [there, back] = [lane(from, to, refuse), lane(to, from, () => {})]
      return {
        ready: Promise.resolve(),
        send: there.send,
        reply: back.send,
        sent: there.messages,
        replies: back.messages,
        refused: () => refused,
      }
    },
  }
}
