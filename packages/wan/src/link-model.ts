import { assert, type Prng } from '@groundwork/primitives'
import type { Capabilities, Link, LinkProperty } from './link-table.ts'

/** A link that does nothing to traffic. */
export const openLink: Link = {
  delayMs: 0,
  jitterMs: 0,
  lossRatio: 0,
  rateMbit: 0,
  duplicateRatio: 0,
  corruptRatio: 0,
  reorderRatio: 0,
  cut: 'open',
}

export const linkProperties: readonly LinkProperty[] = Object.keys(openLink) as LinkProperty[]

const everything = { properties: linkProperties, cuts: ['blackhole', 'reset'] } as const
/**
 * What each interpreter can do. A relay forwards a byte stream, so single packets are nothing it could touch; tc
 * drops packets but answers none, so netem cannot reset connections.
 */
const abilities: Record<
  Capabilities['interpreter'],
  Pick<Capabilities, 'bounds'> & {
    readonly properties: readonly LinkProperty[]
    readonly cuts: readonly ('blackhole' | 'reset')[]
  }
> = {
  simulated: everything,
  relay: { properties: ['delayMs', 'jitterMs', 'rateMbit', 'cut'], cuts: ['blackhole', 'reset'] },
  packets: everything,
  netem: {
    properties: linkProperties,
    cuts: ['blackhole'],
    // Delays are kept in 32-bit ticks of 64 ns, jitter in 31-bit nanoseconds; a rate is whole bytes per second.
    bounds: {
      delayMs: { min: 0, max: 270_000 },
      jitterMs: { min: 0, max: 2_147 },
      rateMbit: { min: 0.000_008, max: 1_000_000 },
    },
  },
}

export function capabilitiesOf(interpreter: Capabilities['interpreter']): Capabilities {
  const { properties, cuts, ...bounds } = abilities[interpreter]
  return { interpreter, properties: new Set(properties), cuts: new Set(cuts), oneWay: true, ...bounds }
}

/** What is wrong with a value of a link's property, as the rest of a sentence; null if nothing is. */
export function valueProblem(property: string, value: unknown): string | null {
  if (!Object.hasOwn(openLink, property)) {
    return `is no property of a link (there are ${linkProperties.join(', ')})`
  }
  if (property === 'cut') {
    return value === 'open' || value === 'blackhole' || value === 'reset'
      ? null
      : 'must be open, blackhole or reset'
  }
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) return 'must be a number from 0 up'
  return property.endsWith('Ratio') && value > 1 ? 'must lie between 0 and 1' : null
}

/** What a directed link remembers from message to message; milliseconds on the caller's clock. */
export interface LinkState {
  /** The sender's queue is empty from then on. */
  busyUntilMs: number
  /** When the last message in order arrives. */
  lastArrivalMs: number
}

export function linkState(): LinkState {
  return { busyUntilMs: 0, lastArrivalMs: 0 }
}

export interface Delivery {
  readonly afterMs: number
  readonly corrupt: boolean
}

/** At least this much room for a message that is overtaken, on a link without delay. */
const overtakenMsMin = 1

/**
 * Decides the fate of one message handed to a link: no delivery (cut or lost), one, or two (duplicated). `rateMbit`
 * queues messages one after the other; the delay varies uniformly by `jitterMs`; messages stay in order, but for those
 * that `reorderRatio` holds back by up to another delay, so that later ones overtake them. A message that is on its
 * way when the link is cut is the caller's to drop.
 */
export function sampleLink(
  link: Link,
  message: { readonly bytes: number; readonly nowMs: number },
  random: Prng,
  state: LinkState,
): Delivery[] {
  const { bytes, nowMs } = message
  assert(bytes >= 0, `bad message size: ${bytes}`)
  if (link.cut !== 'open') return []
  let departureMs = nowMs
  if (link.rateMbit > 0) {
    departureMs = Math.max(nowMs, state.busyUntilMs) + transmissionMs(link, bytes)
    state.busyUntilMs = departureMs
  }
  if (chance(random, link.lossRatio)) return []
  let arrivalMs = departureMs + travelMs(link, uniform(random, link.jitterMs))
  if (chance(random, link.reorderRatio)) {
    arrivalMs += uniform(random, 1) * Math.max(overtakenMsMin, link.delayMs)
  } else {
    arrivalMs = Math.max(arrivalMs, state.lastArrivalMs)
    state.lastArrivalMs = arrivalMs
  }
  const deliveries = [{ afterMs: arrivalMs - nowMs, corrupt: chance(random, link.corruptRatio) }]
  if (chance(random, link.duplicateRatio)) {
    const copyMs = Math.max(arrivalMs, departureMs + travelMs(link, uniform(random, link.jitterMs)))
    deliveries.push({ afterMs: copyMs - nowMs, corrupt: chance(random, link.corruptRatio) })
  }
  return deliveries
}

/** How long a link's rate takes for so many bytes, ms. */
export function transmissionMs(link: Link, bytes: number): number {
  return link.rateMbit > 0 ? (bytes * 8) / (link.rateMbit * 1000) : 0
}

const queueBytesMin = 128 * 1024
const queueBytesMax = 4 * 1024 * 1024

/** How much may wait before a link's rate: twice the bandwidth-delay product of the round trip, from 128 KiB to 4 MiB. */
export function queueBytes({ rateMbit, delayMs }: Link): number {
  const product = (rateMbit * 1000 * 2 * delayMs) / 8
  return Math.min(queueBytesMax, Math.max(queueBytesMin, 2 * product))
}

/** The delay of one message; `share` is its place in the jitter, from 0 to 1. */
export function travelMs(link: Link, share: number): number {
  return Math.max(0, link.delayMs + (2 * share - 1) * link.jitterMs)
}

function chance(random: Prng, ratio: number): boolean {
  return ratio > 0 && random.u32() < ratio * 0x1_0000_0000
}

/** A share in [0, 1), drawn only if something depends on it. */
function uniform(random: Prng, spread: number): number {
  return spread > 0 ? random.u32() / 0x1_0000_0000 : 0
}
