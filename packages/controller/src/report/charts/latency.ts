import type { BlockPoint, Series } from '@groundwork/trace'
import { duration, shortDuration } from '../format.ts'
import { html, type Markup, raw } from '../markup.ts'
import {
  type Frame,
  latencyScale,
  legend,
  linearScale,
  path,
  px,
  type Scale,
  stepPath,
  svg,
  xAxis,
  yAxis,
} from '../svg.ts'
import { faultBands, faultLegend, labelSpace } from './faults.ts'
import type { RegionColours } from './regions.ts'

const width = 1040
const left = 78
const right = width - 12
/** More dots than this get no tooltips: they would make most of the file. */
const titlesMax = 1500

/** One dot a block: how long finality took at the median node, against the bound of the network. */
export function latencyChart(series: Series, colours: RegionColours): Markup {
  const top = labelSpace(series.faults, linearScale([series.fromMs, series.toMs], [left, right]))
  const frame: Frame = { left, right, top, bottom: top + 250 }
  const x = linearScale([series.fromMs, series.toMs], [left, right], 12)
  const values = series.blocks.flatMap(({ p50Ms, boundP50Ms }) => [p50Ms, boundP50Ms ?? p50Ms])
  const y = latencyScale(values, [frame.bottom, frame.top])
  const titled = series.blocks.length <= titlesMax
  const bounds = series.blocks.flatMap(({ ms, boundP50Ms }) =>
    boundP50Ms === null || boundP50Ms <= 0 ? [] : `M${px(x(ms) - 2.5)} ${px(y(boundP50Ms))}h5`,
  )
  const body = html`
${faultBands(series.faults, x, frame)}
${yAxis(y, frame, shortDuration, 'proposal to finality, median over the nodes')}${xAxis(x, frame, (ms) => `${Math.round(ms / 100) / 10}`, 'seconds since the network was ready, when the block was proposed')}
${path(bounds.join(''), 'class="bound" stroke-width="1.5"')}
${series.blocks.map((block) => dot(block, colours, x, y, titled))}`
  const entries = [
    ...colours.legend('dot').map((entry) => ({ ...entry, text: `leader in ${entry.text}` })),
    { text: 'network bound', mark: 'line', className: 'bound' } as const,
    ...faultLegend(series.faults),
  ]
  return html`${legend(entries)}${svg(width, frame.bottom + 40, 'Finality latency of every block over time', body)}`
}

function dot(block: BlockPoint, colours: RegionColours, x: Scale, y: Scale, titled: boolean): Markup {
  const title = `height ${block.height}, leader ${block.leader}: median ${duration(block.p50Ms)}, slowest node ${duration(block.maxMs)}, bound ${duration(block.boundP50Ms)}`
  const at = `class="f${colours.ofNode(block.leader)}" cx="${px(x(block.ms))}" cy="${px(y(block.p50Ms))}" r="2.6" fill-opacity="${block.calm ? 0.9 : 0.45}"`
  return titled ? html`<circle ${raw(at)}><title>${title}</title></circle>` : raw(`<circle ${at}/>`)
}

/** Transfers sent and finalized, second by second. */
export function throughputChart(series: Series): Markup | null {
  if (series.transactions.length === 0) return null
  const top = labelSpace(series.faults, linearScale([series.fromMs, series.toMs], [left, right]))
  const frame: Frame = { left, right, top, bottom: top + 130 }
  const x = linearScale([series.fromMs, series.toMs], [left, right], 12)
  const bins = new Map(series.transactions.map((bin) => [bin.second, bin]))
  const seconds: number[] = []
  for (let s = Math.floor(series.fromMs / 1000); s * 1000 < series.toMs; s++) seconds.push(s)
  const max = Math.max(
    1,
    ...series.transactions.flatMap(({ submitted, finalized }) => [submitted, finalized]),
  )
  const y = linearScale([0, max * 1.08], [frame.bottom, frame.top], 4)
  const line = (of: 'submitted' | 'finalized') =>
    stepPath(
      seconds.map((s) => [Math.max(left, x(s * 1000)), y(bins.get(s)?.[of] ?? 0)] as const),
      right,
    )
  const body = html`
${faultBands(series.faults, x, frame)}
${yAxis(y, frame, (value) => `${value}`, 'transfers a second')}${xAxis(x, frame, (ms) => `${Math.round(ms / 100) / 10}`, 'seconds since the network was ready')}
${path(line('finalized'), 'class="measured" stroke-width="2"')}${path(line('submitted'), 'class="all" stroke-width="1.6" stroke-dasharray="4 3"')}`
  const entries = [
    { text: 'final', mark: 'line', className: 'measured' },
    { text: 'submitted', mark: 'dash', className: 'all' },
    ...faultLegend(series.faults),
  ] as const
  return html`${legend(entries)}${svg(width, frame.bottom + 40, 'Transfers submitted and finalized each second', body)}`
}
