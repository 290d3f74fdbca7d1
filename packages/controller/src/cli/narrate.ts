import type { TraceRecord } from '@groundwork/trace'
import type { Observer } from '../observer.ts'
import { seconds } from './text.ts'

/** Turns what happened into a line for the reader, or null for nothing. */
export type Narrator = (record: TraceRecord, seen: Observer) => string | null

/** Natural forks are one or two deep. */
const deepReorg = 4

function firstBlocks({ nodes }: Observer): string {
  const roles = new Set([...nodes.values()].map(({ plan }) => plan.role))
  if (!roles.has('farmer')) return 'have finalized a block'
  return roles.size === 1 ? 'have a block' : 'have finalized a block, or farmed one'
}

/** Lines about what happens, for a reader who knows the words: network ready, faults, the first finality after a heal. */
export function narrator(): Narrator {
  let healedAtMs: number | null = null
  return (record, seen) => {
    const since = seen.network.readyAtMs
    const at = since === null ? '' : `${seconds(record.monoMs - since)}  `
    switch (record.kind) {
      case 'network-ready':
        return `network ready: all nodes are connected and ${firstBlocks(seen)}; the timeline begins`
      case 'fault-began':
        return `${at}${record.verb} begins: ${record.detail}${record.stopsFinality ? ' (no quorum is left)' : ''}`
      case 'fault-healed':
        healedAtMs = record.monoMs
        return `${at}${record.fault} heals`
      case 'reorg':
        if (record.depth < deepReorg) return null
        return `${at}reorg: ${record.node} takes back ${record.depth} blocks, height ${record.toHeight} now`
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
