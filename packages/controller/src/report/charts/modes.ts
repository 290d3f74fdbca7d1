import type { HybridSummary, Series } from '@groundwork/trace'
import { html, type Markup } from '../markup.ts'
import { type Frame, legend, linearScale, path, px, svg, xAxis } from '../svg.ts'
import { faultBands, faultLegend, labelSpace } from './faults.ts'

const width = 1040

/** Spans of the two modes over time, and a tick for every accepted checkpoint. */
export function modesChart(series: Series, { modes, checkpoints }: HybridSummary): Markup {
  const x = linearScale([series.fromMs, series.toMs], [78, width - 12], 12)
  const top = labelSpace(series.faults, x)
  const frame: Frame = { left: 78, right: width - 12, top, bottom: top + 62 }
  const spans = modes.map(({ mode, fromMs, toMs, fromHeight }) => {
    const from = Math.max(frame.left, x(fromMs))
    const className = mode === 'FAST' ? 'bar-soft' : 'stop'
    return html`<g><title>${mode} from physical height ${fromHeight}</title><rect class="${className}" x="${px(from)}" y="${top + 4}" width="${px(Math.max(1, x(toMs) - from))}" height="26"/></g>`
  })
  const ticks = checkpoints.map(([ms]) => `M${px(x(ms))} ${top + 38}V${top + 56}`).join('')
  const lane = (text: string, y: number) =>
    html`<text class="tick" x="${frame.left - 6}" y="${y}" dy="0.35em" text-anchor="end">${text}</text>`
  const body = html`${faultBands(series.faults, x, frame)}${lane('mode', top + 17)}${lane('checkpoints', top + 47)}
${spans}${path(ticks, 'class="measured" stroke-width="1"')}${xAxis(x, frame, (ms) => `${Math.round(ms / 100) / 10}`, 'seconds since the network was ready')}`
  const entries = [
    { text: 'FAST', mark: 'band', className: 'bar-soft' },
    { text: 'RECORDED', mark: 'band', className: 'stop' },
    ...faultLegend(series.faults),
  ] as const
  return html`${legend(entries)}${svg(width, frame.bottom + 40, 'Modes and checkpoints over time', body)}`
}
