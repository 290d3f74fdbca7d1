import type { FaultSeries } from '@groundwork/trace'
import { html, type Markup } from '../markup.ts'
import { type Frame, type LegendEntry, px, type Scale } from '../svg.ts'

/** Shades the windows of faults; the darker kind cannot be lived through. Labels go above the frame. */
export function faultBands(
  faults: readonly FaultSeries[],
  x: Scale,
  frame: Frame,
  labels: boolean = true,
): Markup {
  const rows = rowsOf(faults, x)
  return html`${faults.map((fault, i) => {
    const left = Math.max(frame.left, x(fault.fromMs))
    const right = Math.max(left + 1, Math.min(frame.right, x(fault.toMs)))
    const kind = fault.stopsFinality ? 'stop' : 'fault'
    const row = rows[i] as number
    const label = html`<text class="tick" x="${px(left + 3)}" y="${px(frame.top - 6 - rowHeight * row)}">${labelOf(fault)}</text>`
    const ends = [left, right].map(
      (edge) =>
        html`<line class="${kind}-edge" stroke-dasharray="2 3" x1="${px(edge)}" x2="${px(edge)}" y1="${frame.top}" y2="${frame.bottom}"/>`,
    )
    const title = `${fault.id}: ${fault.detail}${fault.healed ? '' : ' (never healed)'}`
    return html`<g><title>${title}</title><rect class="${kind}" x="${px(left)}" y="${frame.top}" width="${px(right - left)}" height="${frame.bottom - frame.top}"/>${ends}${labels && row < rowsMax ? label : null}</g>`
  })}`
}

const rowHeight = 13
const rowsMax = 4
const namedMax = 2

/** Above a frame, for the labels of faults and the title of the axis. */
export function labelSpace(faults: readonly FaultSeries[], x: Scale): number {
  const rows = Math.max(0, ...rowsOf(faults, x)) + 1
  return 16 + rowHeight * Math.min(rows, rowsMax)
}

function labelOf({ id, nodes }: FaultSeries): string {
  const verb = id.replace(/^\d+-/, '')
  return nodes.length > 0 && nodes.length <= namedMax ? `${verb} ${nodes.join(' ')}` : verb
}

/** Labels that would overlap go into rows above each other. */
function rowsOf(faults: readonly FaultSeries[], x: Scale): number[] {
  const ends: number[] = []
  return faults.map((fault) => {
    const from = x(fault.fromMs)
    const free = ends.findIndex((end) => end <= from)
    const row = free < 0 ? ends.length : free
    ends[row] = from + 7 * labelOf(fault).length
    return row
  })
}

export function faultLegend(faults: readonly FaultSeries[]): LegendEntry[] {
  const entries: LegendEntry[] = []
  if (faults.some((fault) => fault.stopsFinality)) {
    entries.push({ text: 'fault that leaves no quorum', mark: 'band', className: 'stop' })
  }
  if (faults.some((fault) => !fault.stopsFinality)) {
    entries.push({ text: 'other fault', mark: 'band', className: 'fault' })
  }
  return entries
}
