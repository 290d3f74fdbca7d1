import type { NodeSeries, Series } from '@groundwork/trace'
import { html, type Markup } from '../markup.ts'
import { type Frame, legend, linearScale, path, px, type Scale, stepPath, svg, xAxis, yAxis } from '../svg.ts'
import { faultBands, faultLegend, labelSpace } from './faults.ts'
import type { RegionColours } from './regions.ts'

const width = 1040
const left = 78
const right = width - 12

const finality = {
  axis: 'final height',
  label: 'Final height of every node over time, with fault windows shaded',
}

/** Height of every node over time, and below it one lane for each node with a tick for every block it finalized. */
export function timelineChart(
  series: Series,
  colours: RegionColours,
  what: { readonly axis: string; readonly label: string } = finality,
): Markup {
  const top = labelSpace(series.faults, linearScale([series.fromMs, series.toMs], [left, right]))
  const heights: Frame = { left, right, top, bottom: top + 240 }
  const lane = series.nodes.length > 20 ? 12 : 18
  const lanesTop = heights.bottom + 46
  const lanes: Frame = { left, right, top: lanesTop, bottom: lanesTop + lane * series.nodes.length }
  const x = linearScale([series.fromMs, series.toMs], [left, right], 12)
  const top1 = Math.max(1, ...series.nodes.flatMap(({ heights: of }) => of.at(-1)?.[1] ?? 0))
  const y = linearScale([0, top1 * 1.05], [heights.bottom, heights.top], 5)
  const seconds = (ms: number) => `${Math.round(ms / 100) / 10}`
  const body = html`
${faultBands(series.faults, x, heights)}${faultBands(series.faults, x, lanes, false)}
${yAxis(y, heights, (value) => `${value}`, what.axis)}${xAxis(x, heights, seconds)}
${readyMark(x, heights)}
${heightLines(series, colours, x, y)}
${series.forks.map(({ ms, height, nodes }) => forkMark(x(ms), y(height), height, nodes, heights))}
${series.nodes.map((node, i) => nodeLane(node, colours, x, { ...lanes, top: lanes.top + i * lane, bottom: lanes.top + (i + 1) * lane }))}
${xAxis(x, lanes, seconds, 'seconds since the network was ready')}`
  const entries = [...colours.legend('line'), ...faultLegend(series.faults)]
  if (series.nodes.some(({ down }) => down.length > 0))
    entries.push({ text: 'process down or frozen', mark: 'band', className: 'down' })
  return html`${legend(entries)}${svg(width, lanes.bottom + 40, what.label, body)}`
}

/** Wider lines below narrower ones: regions at the same height stay visible. */
function heightLines(series: Series, colours: RegionColours, x: Scale, y: Scale): Markup {
  const rank = (node: NodeSeries) => colours.regions.indexOf(node.region)
  const drawn = [...series.nodes].sort((a, b) => rank(a) - rank(b))
  const widest = Math.min(3, colours.regions.length) - 1
  return html`${drawn.map((node) => {
    const points = node.heights.map(([ms, height]) => [x(ms), y(height)] as const)
    const strokeWidth = 1.4 + 1.8 * Math.max(0, widest - rank(node))
    const dash = node.honest ? '' : ' stroke-dasharray="3 3"'
    return path(
      stepPath(points, x(series.toMs)),
      `class="s${colours.of(node.region)}" stroke-width="${px(strokeWidth)}"${dash}`,
    )
  })}`
}

function nodeLane(node: NodeSeries, colours: RegionColours, x: Scale, frame: Frame): Markup {
  const { top, bottom } = frame
  const down = node.down.map(([from, to]) => {
    const start = Math.max(frame.left, x(from))
    return html`<rect class="down" x="${px(start)}" y="${top + 2}" width="${px(Math.max(1, x(to) - start))}" height="${bottom - top - 4}"/>`
  })
  const ticks = node.heights.map(([ms]) => `M${px(x(ms))} ${top + 3}V${bottom - 3}`).join('')
  const colour = colours.of(node.region)
  return html`${down}<text class="f${colour}" x="${frame.left - 6}" y="${(top + bottom) / 2}" dy="0.35em" text-anchor="end">${node.node}</text>${path(ticks, `class="s${colour}" stroke-width="1"`)}<line class="grid" x1="${frame.left}" x2="${frame.right}" y1="${bottom}" y2="${bottom}"/>`
}

function readyMark(x: Scale, frame: Frame): Markup {
  if (x.from >= 0) return html``
  return html`<line class="bound" stroke-dasharray="5 4" x1="${px(x(0))}" x2="${px(x(0))}" y1="${frame.top}" y2="${frame.bottom}"/><text class="tick" x="${px(x(0) + 4)}" y="${frame.top + 12}">ready</text>`
}

function forkMark(x: number, y: number, height: number, nodes: readonly string[], frame: Frame): Markup {
  const side = x > (frame.left + frame.right) / 2 ? 'end' : 'start'
  const text = `fork at ${height}: ${nodes.join(' and ')}`
  return html`<g class="fork"><title>${text}</title><path d="M${px(x - 6)} ${px(y - 6)}l12 12m0 -12l-12 12" stroke-width="2.5"/></g><text class="fork" x="${px(side === 'end' ? x - 11 : x + 11)}" y="${px(y + 16)}" text-anchor="${side}">${text}</text>`
}
