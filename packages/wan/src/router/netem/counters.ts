import type { Link } from '../../link-table.ts'
import type { DropReason } from '../interpreter.ts'

/** What tc tells of one queueing discipline; counted from its creation, `queued` now. */
export interface Reading {
  readonly device: string
  readonly handle: string
  readonly kind: string
  readonly root: boolean
  readonly packets: number
  readonly bytes: number
  readonly dropped: number
  readonly queued: number
}

interface ShownQdisc {
  readonly dev: string
  readonly handle: string
  readonly kind: string
  readonly root?: boolean
  readonly packets: number
  readonly bytes: number
  readonly drops: number
  readonly qlen: number
}

/** The output of `tc -s -j qdisc show`. */
export function parseReadings(json: string): Reading[] {
  const shown = JSON.parse(json.trim() === '' ? '[]' : json) as readonly ShownQdisc[]
  return shown.map(({ dev, handle, kind, root, packets, bytes, drops, qlen }) => {
    return { device: dev, handle, kind, root: root === true, packets, bytes, dropped: drops, queued: qlen }
  })
}

/** Sums over the leaves that a link has had. */
export interface LinkTotals {
  readonly delivered: number
  readonly deliveredBytes: number
  readonly dropped: Readonly<Partial<Record<DropReason, number>>>
  readonly queued: number
}

export interface LinkCounter {
  readonly totals: LinkTotals
  /** `reading` of a leaf of the link, which has been as `link` says since the reading before. */
  read(reading: Reading, link: Link): void
  /** The leaf was replaced after its last reading, and what it held was dropped with it. */
  replaced(handle: string): void
}

export function linkCounter(): LinkCounter {
  const leaves = new Map<string, { packets: number; bytes: number; dropped: number; queued: number }>()
  const dropped: Partial<Record<DropReason, number>> = {}
  let delivered = 0
  let deliveredBytes = 0
  const drop = (reason: DropReason, count: number): void => {
    if (count > 0) dropped[reason] = (dropped[reason] ?? 0) + count
  }
  return {
    get totals() {
      const queued = [...leaves.values()].reduce((sum, leaf) => sum + leaf.queued, 0)
      return { delivered, deliveredBytes, dropped: { ...dropped }, queued }
    },
    read(reading, link) {
      const { handle, packets, bytes, queued } = reading
      const last = leaves.get(handle)
      delivered += packets - (last?.packets ?? 0)
      deliveredBytes += bytes - (last?.bytes ?? 0)
      drop(reasonOf(link), reading.dropped - (last?.dropped ?? 0))
      leaves.set(handle, { packets, bytes, dropped: reading.dropped, queued })
    },
    replaced(handle) {
      drop('cut', leaves.get(handle)?.queued ?? 0)
      leaves.delete(handle)
    },
  }
}

/** netem counts chance and overflow together; what the link was asked to do tells which it was. */
function reasonOf({ cut, lossRatio, rateMbit }: Link): DropReason {
  if (cut !== 'open') return 'cut'
  if (lossRatio > 0) return 'loss'
  return rateMbit > 0 ? 'queue' : 'overload'
}
