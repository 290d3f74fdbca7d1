import type { TraceRecord } from '@groundwork/trace'
import type { Observer } from '../observer.ts'
import { seconds } from './text.ts'

/** Turns what happened into a line for the reader, or null for nothing. */
export type Narrator = (record: TraceRecord, seen: Observer) => string | null

/** Lines about what happens, for a reader who knows the words: network ready, faults, the first finality after a heal. */
export function narrator(): Narrator {
  let healedAtMs: number | null = null
  return (record, seen) => {
    const since = seen.network.readyAtMs
    const at = since === null ? '' : `${seconds(record.monoMs - since)}  `
    switch (record.kind) {
      case 'network-ready':
        return 'network ready: all nodes are connected and have finalized a block; the timeline begins'
      case 'fault-began':
        return `${at}${record.verb} begins: ${record.detail}${record.stopsFinality ? ' (no quorum is left)' : ''}`
      case 'fault-healed':
        healedAtMs = record.monoMs
        return `${at}${record.fault} heals`
      case 'finalized': {
        if (healedAtMs === null || record.monoMs !== seen.network.finalizedAtMs) return null
        const afterMs = record.monoMs - healedAtMs
        healedAtMs = null
        return `${at}first finality ${seconds(afterMs)} after the heal, height ${record.height} on ${record.node}`
      }
      default:
        return null
    }
  }
}
