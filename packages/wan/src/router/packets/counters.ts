import { type DropReason, type LatenessCounts, latenessBoundsMs } from '../interpreter.ts'

export const dropReasons: readonly DropReason[] = ['loss', 'cut', 'queue', 'overload', 'foreign']

/** What the emulating thread counts and another reads: doubles in shared memory, all since the beginning. */
export interface Counters {
  /** A packet came; `link` is its link's number, null if it is foreign. */
  took(link: number | null, bytes: number): void
  drop(link: number | null, reason: DropReason): void
  /** So many more packets wait. */
  held(more: number): void
  /** A packet left, late by this much. */
  left(lateMs: number): void
  read(): CounterValues
}

export interface CounterValues {
  readonly packets: number
  readonly bytes: number
  readonly delivered: number
  readonly queued: number
  readonly dropped: Readonly<Record<DropReason, number>>
  readonly lateness: LatenessCounts
  /** By their numbers. */
  readonly links: readonly { readonly packets: number; readonly bytes: number; readonly dropped: number }[]
}

const [packetsAt, bytesAt, leftAt, heldAt, lateMaxAt, dropsAt] = [0, 1, 2, 3, 4, 5]
const latenessAt = dropsAt + dropReasons.length
const linksAt = latenessAt + latenessBoundsMs.length + 1
const perLink = 3

export function counterMemory(links: number): SharedArrayBuffer {
  return new SharedArrayBuffer(8 * (linksAt + perLink * links))
}

export function counters(memory: SharedArrayBuffer): Counters {
  const cells = new Float64Array(memory)
  const at = (cell: number): number => cells[cell] as number
  const add = (cell: number, more: number): void => {
    cells[cell] = at(cell) + more
  }
  const linkAt = (link: number): number => linksAt + perLink * link
  return {
    took(link, bytes) {
      add(packetsAt, 1)
      add(bytesAt, bytes)
      if (link === null) return
      add(linkAt(link), 1)
      add(linkAt(link) + 1, bytes)
    },
    drop(link, reason) {
      add(dropsAt + dropReasons.indexOf(reason), 1)
      if (link !== null) add(linkAt(link) + 2, 1)
    },
    held: (more) => add(heldAt, more),
    left(lateMs) {
      add(leftAt, 1)
      add(latenessAt + latenessIndex(lateMs), 1)
      cells[lateMaxAt] = Math.max(at(lateMaxAt), lateMs)
    },
    read: () => ({
      packets: at(packetsAt),
      bytes: at(bytesAt),
      delivered: at(leftAt),
      queued: at(heldAt),
      dropped: Object.fromEntries(
        dropReasons.map((reason, i) => [reason, at(dropsAt + i)]),
      ) as CounterValues['dropped'],
      lateness: { counts: [...cells.subarray(latenessAt, linksAt)], maxMs: at(lateMaxAt) },
      links: Array.from({ length: (cells.length - linksAt) / perLink }, (_, link) => ({
        packets: at(linkAt(link)),
        bytes: at(linkAt(link) + 1),
        dropped: at(linkAt(link) + 2),
      })),
    }),
  }
}

/** The first bound that is not exceeded. */
export function latenessIndex(ms: number): number {
  const first = latenessBoundsMs[0] as number
  if (ms <= first) return 0
  return Math.min(Math.ceil(2 * Math.log2(ms / first)), latenessBoundsMs.length)
}
