import type { Link, NodeName } from '../../link-table.ts'
import type { DropReason, InterpreterStats } from '../interpreter.ts'
import type { LinkCounter } from './counters.ts'

export interface CountedLink {
  readonly from: NodeName
  readonly to: NodeName
  readonly counter: LinkCounter
  link: Link
}

/** Adds up the links. Bytes are those of packets delivered: the kernel counts no others. */
export function summary(
  links: readonly CountedLink[],
  facts: { readonly forMs: number; readonly saturatedSeconds: number; readonly cpuMs: number },
): InterpreterStats {
  const by: Partial<Record<DropReason, number>> = {}
  const sums = { packets: 0, bytes: 0, delivered: 0, dropped: 0, queued: 0 }
  const counts = links.map(({ from, to, counter: { totals } }) => {
    let dropped = 0
    for (const [reason, count] of Object.entries(totals.dropped) as [DropReason, number][]) {
      by[reason] = (by[reason] ?? 0) + count
      dropped += count
    }
    const packets = totals.delivered + dropped + totals.queued
    sums.packets += packets
    sums.bytes += totals.deliveredBytes
    sums.delivered += totals.delivered
    sums.dropped += dropped
    sums.queued += totals.queued
    return { from, to, packets, bytes: totals.deliveredBytes, dropped }
  })
  const { packets, bytes, delivered, dropped, queued } = sums
  return {
    interpreter: 'netem',
    ...facts,
    packets,
    bytes,
    delivered,
    dropped: { total: dropped, by },
    queued,
    lateness: null,
    links: counts,
  }
}
