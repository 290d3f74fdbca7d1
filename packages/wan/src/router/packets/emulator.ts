import { assert, type Prng } from '@groundwork/primitives'
import { type LinkState, linkState, openLink, queueBytes, sampleLink } from '../../link-model.ts'
import type { Link, NodeName } from '../../link-table.ts'
import type { ChangedLink } from '../../live-link-table.ts'
import { timeQueue } from '../../timing/time-queue.ts'
import { flipBit } from './corruption.ts'
import type { Counters } from './counters.ts'
import { ipv4Address, readIpv4 } from './ipv4.ts'
import { packetStore, type StoredPacket } from './packet-store.ts'
import { refusalOf } from './refusal.ts'

/** The link table over IP packets, by any clock: what goes in comes out later, changed, or not at all. */
export interface Emulator {
  /** A packet that was received at this time; its bytes may be used again afterwards. */
  receive(packet: Uint8Array, atMs: number): void
  /** Lets go what is due; returns when the next is, Infinity if nothing waits. */
  release(): number
  setLinks(links: readonly ChangedLink[]): void
}

export interface EmulatorInit {
  readonly nodes: readonly { readonly name: NodeName; readonly address: string }[]
  readonly random: Prng
  readonly counters: Counters
  /** Milliseconds. */
  now(): number
  send(packet: Uint8Array): void
  /** Of the longest packet. */
  readonly slotBytes: number
  /** How early a packet may go, because waking up again takes longer. */
  readonly earlyMs: number
}

interface PacketLink {
  link: Link
  state: LinkState
  /** Counts the cuts: what came in another count is lost. */
  cuts: number
  readonly random: Prng
  /** For the counters. */
  readonly number: number
}

interface Held {
  readonly stored: StoredPacket
  readonly link: PacketLink
  readonly cuts: number
}

/** 64 MiB of Ethernet's packets: 6 s of 10,000 a second. */
const maxHeld = 32_768

export function emulator(init: EmulatorInit): Emulator {
  const { nodes, random, counters, now, send, earlyMs } = init
  const store = packetStore(init.slotBytes, maxHeld)
  const held = timeQueue<Held>()
  const links = new Map<number, Map<number, PacketLink>>()
  const byName = new Map<string, PacketLink>()
  for (const from of nodes) {
    const row = new Map<number, PacketLink>()
    links.set(ipv4Address(from.address), row)
    for (const to of nodes) {
      if (from === to) continue
      const link: PacketLink = {
        link: openLink,
        state: linkState(),
        cuts: 0,
        random: random.split(`${from.name} > ${to.name}`),
        number: byName.size,
      }
      row.set(ipv4Address(to.address), link)
      byName.set(`${from.name}\n${to.name}`, link)
    }
  }

  const hold = (link: PacketLink, packet: Uint8Array, dueMs: number): Uint8Array | null => {
    const stored = store.put(packet)
    if (stored === null) {
      counters.drop(link.number, 'overload')
      return null
    }
    held.push(dueMs, { stored, link, cuts: link.cuts })
    counters.held(1)
    return stored.bytes
  }

  return {
    receive(packet, atMs) {
      const header = readIpv4(packet)
      const link = header === null ? undefined : links.get(header.source)?.get(header.destination)
      counters.took(link?.number ?? null, packet.length)
      if (header === null || link === undefined) return counters.drop(null, 'foreign')
      if (link.link.cut !== 'open') {
        const refusal = link.link.cut === 'reset' ? refusalOf(packet, header) : null
        if (refusal !== null) send(refusal)
        return counters.drop(link.number, 'cut')
      }
      if (isFull(link, packet.length, atMs)) return counters.drop(link.number, 'queue')
      const deliveries = sampleLink(link.link, { bytes: packet.length, nowMs: atMs }, link.random, link.state)
      if (deliveries.length === 0) return counters.drop(link.number, 'loss')
      for (const { afterMs, corrupt } of deliveries) {
        const copy = hold(link, packet, atMs + afterMs)
        if (corrupt && copy !== null) flipBit(copy, header, link.random)
      }
    },
    release() {
      for (;;) {
        const dueMs = held.nextMs
        const nowMs = now()
        if (dueMs > nowMs + earlyMs) return dueMs
        const { stored, link, cuts } = held.pop() as Held
        counters.held(-1)
        if (cuts === link.cuts) {
          counters.left(Math.max(0, nowMs - dueMs))
          send(stored.bytes)
        } else {
          counters.drop(link.number, 'cut')
        }
        store.free(stored)
      }
    },
    setLinks(changed) {
      for (const { from, to, link } of changed) {
        const known = byName.get(`${from}\n${to}`)
        assert(known !== undefined, `no link ${from} > ${to}`)
        known.link = link
        if (link.cut === 'open') continue
        known.cuts++
        known.state = linkState()
      }
    },
  }
}

/** Whether the queue before a link's rate has no room for so many bytes. */
function isFull({ link, state }: PacketLink, bytes: number, nowMs: number): boolean {
  if (link.rateMbit === 0) return false
  const waitingBytes = (Math.max(0, state.busyUntilMs - nowMs) * link.rateMbit * 1000) / 8
  return waitingBytes + bytes > queueBytes(link)
}
