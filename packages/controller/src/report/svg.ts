import { html, type Markup, raw } from './markup.ts'

/** Maps a domain to pixels. */
export interface Scale {
  (value: number): number
  readonly from: number
  readonly to: number
  readonly ticks: readonly number[]
}

export function linearScale(
  [from, to]: readonly [number, number],
  [start, end]: readonly [number, number],
  ticks = 8,
): Scale {
  const span = to - from || 1
  const scale = (value: number) => start + ((value - from) / span) * (end - start)
  return Object.assign(scale, { from, to, ticks: linearTicks(from, to, ticks) })
}

/** Values below the domain are drawn at its edge. */
export function logScale(
  [from, to]: readonly [number, number],
  [start, end]: readonly [number, number],
): Scale {
  const span = Math.log(to / from) || 1
  const scale = (value: number) => start + (Math.log(Math.max(value, from) / from) / span) * (end - start)
  return Object.assign(scale, { from, to, ticks: logTicks(from, to) })
}

/** Logarithmic if the values spread over more than a factor of eight. The domain gets some room around the values. */
export function latencyScale(
  values: readonly number[],
  range: readonly [number, number],
  fromZero = true,
): Scale {
  const positive = values.filter((value) => value > 0)
  const min = positive.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)
  const max = positive.reduce((a, b) => Math.max(a, b), 1)
  if (max / min > 8) return logScale([min / 1.2, max * 1.2], range)
  return linearScale([fromZero ? 0 : Math.min(min, max) * 0.9, max * 1.1], range, 5)
}

function linearTicks(from: number, to: number, count: number): number[] {
  const rough = (to - from) / count
  const power = 10 ** Math.floor(Math.log10(rough || 1))
  const step = power * ([1, 2, 5].find((nice) => nice * power >= rough) ?? 10)
  const ticks: number[] = []
  for (let i = Math.ceil(from / step); i * step <= to + step * 1e-9; i++) ticks.push(i * step)
  return ticks
}

function logTicks(from: number, to: number): number[] {
  const steps = to / from > 200 ? [1] : to / from > 30 ? [1, 3] : [1, 2, 5]
  const ticks: number[] = []
  for (let power = 10 ** Math.floor(Math.log10(from)); power <= to; power *= 10) {
    for (const step of steps) if (step * power >= from && step * power <= to) ticks.push(step * power)
  }
  return ticks
}

/** One decimal: a tenth of a pixel. */
export function px(value: number): string {
  return value.toFixed(1).replace(/\.0$/, '')
}

/** A line that keeps each value until the next. */
export function stepPath(points: readonly (readonly [x: number, y: number])[], endX?: number): string {
  if (points.length === 0) return ''
  const [[x, y], ...rest] = points as [readonly [number, number], ...(readonly [number, number])[]]
  const steps = rest.map(([nextX, nextY]) => `H${px(nextX)}V${px(nextY)}`)
  return `M${px(x)} ${px(y)}${steps.join('')}${endX === undefined ? '' : `H${px(endX)}`}`
}

export interface Frame {
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
}

export function xAxis(scale: Scale, frame: Frame, label: (value: number) => string, title = ''): Markup {
  const ticks = scale.ticks.map((tick) => {
    const x = px(scale(tick))
    return html`<line class="grid" x1="${x}" x2="${x}" y1="${frame.top}" y2="${frame.bottom}"/><text class="tick" x="${x}" y="${frame.bottom + 16}" text-anchor="middle">${label(tick)}</text>`
  })
  const end = html`<text class="tick" x="${frame.right}" y="${frame.bottom + 32}" text-anchor="end">${title}</text>`
  return html`${ticks}${title === '' ? null : end}`
}

export function yAxis(scale: Scale, frame: Frame, label: (value: number) => string, title: string): Markup {
  const ticks = scale.ticks.map((tick) => {
    const y = px(scale(tick))
    return html`<line class="grid" x1="${frame.left}" x2="${frame.right}" y1="${y}" y2="${y}"/><text class="tick" x="${frame.left - 6}" y="${y}" dy="0.35em" text-anchor="end">${label(tick)}</text>`
  })
  return html`${ticks}<text class="tick" x="0" y="${frame.top - 8}">${title}</text>`
}

export function path(d: string, attributes: string): Markup {
  return raw(d === '' ? '' : `<path fill="none" d="${d}" ${attributes}/>`)
}

export function svg(width: number, height: number, label: string, body: Markup): Markup {
  return html`<div class="wide"><svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}">${body}</svg></div>`
}

export interface LegendEntry {
  readonly text: string
  /** `line`, `dash`, `dot`, `band`: with the classes of what it explains. */
  readonly mark: 'line' | 'dash' | 'dot' | 'band'
  readonly className: string
}

export function legend(entries: readonly LegendEntry[]): Markup {
  const marks = entries.map(({ text, mark, className }) => {
    const shape = {
      line: `<path d="M1 6H21" class="${className}" stroke-width="2.5" fill="none"/>`,
      dash: `<path d="M1 6H21" class="${className}" stroke-width="2" stroke-dasharray="4 3" fill="none"/>`,
      dot: `<circle cx="11" cy="6" r="3.5" class="${className}"/>`,
      band: `<rect x="1" width="20" height="12" class="${className}"/>`,
    }[mark]
    return html`<span><svg class="key" viewBox="0 0 22 12" aria-hidden="true">${raw(shape)}</svg>${text}</span>`
  })
  return html`<p class="legend">${marks}</p>`
}
