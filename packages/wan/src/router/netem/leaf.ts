import type { Link } from '../../link-table.ts'

/** Stands for "no limit": netem keeps packets in order only where a rate makes it look at the packet before. */
const unlimitedMbit = 100_000
/** What a link without a rate is expected to carry at most, for the length of its queue. */
const expectedMbit = 1_000
/** Consensus traffic is small; with large packets the queue is longer than asked, never shorter. */
const packetBytes = 500
const limitMin = 1_000
const limitMax = 500_000

/** netem draws jitter from 31 bits of nanoseconds. */
const jitterMsMax = 2_147
/** A packet that is held back waits at least so long, on a link without delay. */
const heldBackMsMin = 1

/**
 * How many packets netem may hold: twice the bandwidth-delay product in packets of 500 bytes (a link without a rate
 * counted as 1 Gbit/s), from 1,000 to 500,000. netem's default of 1,000 drops at 100 ms beyond 10,000 packets/s.
 */
export function packetLimit({ rateMbit, delayMs, jitterMs }: Link): number {
  const bitsPerMs = (rateMbit > 0 ? rateMbit : expectedMbit) * 1_000
  const product = (bitsPerMs * (delayMs + jitterMs)) / (8 * packetBytes)
  return Math.min(limitMax, Math.max(limitMin, Math.ceil(2 * product)))
}

/**
 * netem's options for what a link does to packets in order. All are always written: `tc qdisc change` keeps what is
 * left out. The rate comes after the delay here and before it in the link model, which gives the same arrivals.
 */
export function orderedOptions(link: Link): string {
  const rateMbit = link.rateMbit > 0 ? link.rateMbit : unlimitedMbit
  const rate = `rate ${Math.round(rateMbit * 1e6)}bit`
  return `${netemOptions(link, link.delayMs, link.jitterMs)} ${rate}`
}

/**
 * For those that are held back by up to another delay (4 s at most); without a rate, so that they do not wait for each
 * other.
 */
export function heldBackOptions(link: Link): string {
  const halfMs = Math.min(Math.max(heldBackMsMin, link.delayMs) / 2, jitterMsMax - link.jitterMs)
  return netemOptions(link, link.delayMs + halfMs, link.jitterMs + halfMs)
}

/** Drops everything; drops nothing that it counts as its sender's fault, so that TCP backs off as on a dead link. */
export const cutOptions = 'limit 1 loss 100%'

/** For the copies alone: they are delayed with the packets they are copies of, behind. */
export function copyingOptions(ratio: number): string {
  return `limit ${limitMin} duplicate ${percent(ratio)}`
}

/** Of 2^32, as the kernel compares it with a random word. */
export function share32(ratio: number): number {
  return Math.min(0xffff_ffff, Math.round(ratio * 0x1_0000_0000))
}

function netemOptions(link: Link, delayMs: number, jitterMs: number): string {
  const limit = packetLimit({ ...link, delayMs, jitterMs })
  const delay = `delay ${microseconds(delayMs)} ${microseconds(jitterMs)}`
  return `limit ${limit} ${delay} loss ${percent(link.lossRatio)} corrupt ${percent(link.corruptRatio)}`
}

function microseconds(ms: number): string {
  return `${Math.round(ms * 1000)}us`
}

/** Eight digits: the kernel's own resolution is 2^-32. */
function percent(ratio: number): string {
  return `${Number((ratio * 100).toFixed(8))}%`
}
