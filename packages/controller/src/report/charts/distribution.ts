import type { DistributionStep } from '@groundwork/trace'
import { percent, shortDuration } from '../format.ts'
import { html, type Markup } from '../markup.ts'
import { type Frame, latencyScale, legend, linearScale, path, stepPath, svg, xAxis, yAxis } from '../svg.ts'

export interface Curve {
  readonly text: string
  readonly className: string
  readonly dashed?: boolean
  readonly steps: readonly DistributionStep[]
}

const width = 500

/** The share that was done within each time, one curve a distribution. */
export function distributionChart(curves: readonly Curve[], label: string): Markup {
  const frame: Frame = { left: 46, right: width - 14, top: 26, bottom: 236 }
  const values = curves.flatMap(({ steps }) => steps.map(({ ms }) => ms))
  const x = latencyScale(values, [frame.left, frame.right], false)
  const y = linearScale([0, 1], [frame.bottom, frame.top], 4)
  const lines = curves.map(({ steps, className, dashed }) => {
    // Starts at the first value: left of it nothing was done.
    const start = steps[0] === undefined ? [] : [[x(steps[0].ms), y(0)] as const]
    const points = [...start, ...steps.map(({ ms, share }) => [x(ms), y(share)] as const)]
    return path(
      stepPath(points, frame.right),
      `class="${className}" stroke-width="2"${dashed === true ? ' stroke-dasharray="4 3"' : ''}`,
    )
  })
  const body = html`${yAxis(y, frame, (share) => percent(share), 'share done within')}${xAxis(x, frame, shortDuration)}${lines}`
  const entries = curves.map(
    ({ text, className, dashed }) => ({ text, className, mark: dashed === true ? 'dash' : 'line' }) as const,
  )
  return html`${legend(entries)}${svg(width, frame.bottom + 26, label, body)}`
}
