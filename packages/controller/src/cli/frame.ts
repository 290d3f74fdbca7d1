import type { Plan, PlannedFault } from '@groundwork/scenario'
import { createColors } from 'picocolors'
import type { ObservedNode, Observer } from '../observer.ts'
import { seconds } from './text.ts'

type Colors = ReturnType<typeof createColors>

const slowMs = 2000

/** The live picture as text of at most `columns` columns: regions, faults, finality, the timeline. */
export function renderFrame(
  plan: Plan,
  seen: Observer,
  columns: number,
  colors: Colors = createColors(),
): string {
  const lines = [...regionLines(seen, colors), ...faultLines(plan, seen, colors)]
  lines.push(finalityLine(seen, colors), timelineBar(plan, seen, Math.min(columns - 4, 72), colors))
  return lines.map((line) => clip(`  ${line}`, columns - 1)).join('\n')
}

function regionLines(seen: Observer, colors: Colors): string[] {
  const byRegion = Map.groupBy(seen.nodes.values(), (node) => node.plan.labels.region)
  const width = Math.max(...[...byRegion.keys()].map((region) => region.length))
  const faults = [...seen.faults.values()]
  const cut = new Set(faults.flatMap(({ nodes }) => nodes))
  const paused = new Set(faults.filter(({ verb }) => verb === 'pause').flatMap(({ nodes }) => nodes))
  return [...byRegion].map(([region, nodes]) => {
    const cells = nodes.map((node) => nodeCell(node, paused.has(node.plan.name), colors))
    const newest = Math.max(...nodes.map((node) => node.finalizedAtMs ?? Number.NEGATIVE_INFINITY))
    const lagMs = seen.network.nowMs - newest
    const stakes = nodes.some(({ plan }) => plan.role !== 'farmer')
    const lag = Number.isFinite(lagMs) ? `final ${seconds(lagMs)} ago` : stakes ? 'nothing final yet' : ''
    const tone = Number.isFinite(lagMs) && lagMs > slowMs ? colors.red : colors.green
    const name = region.padEnd(width)
    const hit = nodes.some((node) => cut.has(node.plan.name))
    return `${hit ? colors.yellow(name) : name}  ${cells.join(' ')}  ${tone(lag)}`
  })
}

/** `v1 128·131`: finalized height and view. */
function nodeCell(node: ObservedNode, paused: boolean, colors: Colors): string {
  return `${colors.bold(node.plan.name)} ${stateText(node, paused, colors)}`
}

function stateText({ plan, state, height, view }: ObservedNode, paused: boolean, colors: Colors): string {
  // A farmer has no view.
  const second = plan.role === 'farmer' ? 'pc' : `${view}`
  const figures = `${`${height}`.padStart(4)}·${second.padEnd(4)}`
  if (state === 'awaited') return colors.dim(' starting')
  if (state === 'down') return colors.red('  down   ')
  return paused ? colors.yellow(' paused  ') : figures
}

function faultLines(plan: Plan, seen: Observer, colors: Colors): string[] {
  const lines = [...seen.faults.values()].map((fault) => {
    const planned = plan.timeline.find(({ id }) => id === fault.id)
    const lasted = seconds(seen.network.nowMs - fault.beganAtMs)
    const of = planned?.forMs == null ? '' : ` of ${seconds(planned.forMs)}`
    return `${colors.yellow(fault.verb)}  ${fault.detail}  ${lasted}${of}`
  })
  // An empty line keeps the picture's height steady while no fault is in force.
  return lines.length === 0 ? [colors.dim('no fault in force')] : lines
}

function finalityLine({ network }: Observer, colors: Colors): string {
  if (network.readyAtMs === null)
    return colors.dim('starting: waiting for connections and a first finalized block')
  const transfers = `transfers ${network.finalizedTransactions} final of ${network.submitted} sent`
  const physical =
    network.physicalGrewAtMs === null
      ? ''
      : `   physical ${network.physicalHeight}${network.reorgDepthMax > 1 ? `, deepest reorg ${network.reorgDepthMax}` : ''}`
  return `height ${network.height}   ${transfers}${physical}`
}

/** The run from left to right: `█` past, `─` to come; faults in yellow, where the reader is in bold. */
function timelineBar(plan: Plan, seen: Observer, width: number, colors: Colors): string {
  const { readyAtMs, nowMs } = seen.network
  const atMs = readyAtMs === null ? 0 : Math.min(nowMs - readyAtMs, plan.durationMs)
  const cells = Array.from({ length: Math.max(width - 18, 10) }, (_, i) => {
    const cellMs = (i * plan.durationMs) / Math.max(width - 18, 10)
    const mark = cellMs < atMs ? '█' : '─'
    return plan.timeline.some((fault) => covers(fault, cellMs)) ? colors.yellow(mark) : mark
  })
  return `${cells.join('')} ${seconds(atMs)} of ${seconds(plan.durationMs)}`
}

function covers({ atMs, forMs }: PlannedFault, ms: number): boolean {
  return atMs <= ms && ms < (forMs === null ? Number.POSITIVE_INFINITY : atMs + forMs)
}

const escapeCode = String.fromCharCode(27)

/** Cuts visible characters beyond the width; a wrapped line would make the picture jump. */
function clip(line: string, columns: number): string {
  let visible = 0
  let clipped = ''
  for (const piece of line.split(new RegExp(`(${escapeCode}\\[[0-9;]*m)`))) {
    if (piece.startsWith(escapeCode)) {
      clipped += piece
      continue
    }
    const room = Math.max(columns - visible, 0)
    clipped += piece.slice(0, room)
    visible += piece.length
  }
  return clipped
}
