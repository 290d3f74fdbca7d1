import type { Recovery, RecoveryPhases } from '@groundwork/trace'
import { duration, shortDuration } from '../format.ts'
import { html, type Markup } from '../markup.ts'
import { type Frame, linearScale, px, svg, xAxis } from '../svg.ts'

export const phaseNames: readonly {
  readonly phase: keyof RecoveryPhases
  readonly name: string
  readonly absent: string
}[] = [
  { phase: 'firstReconnectMs', name: 'first reconnect', absent: 'no connection was made' },
  { phase: 'peersRestoredMs', name: 'all peers restored', absent: 'not seen' },
  { phase: 'firstViewMs', name: 'first new view', absent: 'never' },
  { phase: 'firstFinalityMs', name: 'first finality', absent: 'never' },
  { phase: 'allFinalizingMs', name: 'all nodes finalizing', absent: 'never' },
  { phase: 'backlogDrainedMs', name: 'waiting transfers final', absent: 'not seen' },
  { phase: 'latencyNormalMs', name: 'latency within 10 % of normal', absent: 'not seen' },
]

const width = 1040
const row = 26

/** How long after a heal each milestone was reached. */
export function recoveryChart({ phases }: Recovery): Markup {
  const frame: Frame = { left: 200, right: width - 90, top: 8, bottom: 8 + row * phaseNames.length }
  const longest = Math.max(100, ...phaseNames.map(({ phase }) => phases[phase] ?? 0))
  const x = linearScale([0, longest], [frame.left, frame.right], 8)
  const bars = phaseNames.map(({ phase, name, absent }, i) => {
    const value = phases[phase]
    const y = frame.top + i * row
    const end = x(value ?? 0)
    const bar = html`<rect class="${phase === 'firstFinalityMs' ? 'bar' : 'bar-soft'}" x="${frame.left}" y="${y + 5}" width="${px(Math.max(2, end - frame.left))}" height="${row - 10}"/>`
    const text = value === null ? absent : duration(value)
    return html`<text x="${frame.left - 8}" y="${y + row / 2}" dy="0.35em" text-anchor="end">${name}</text>${value === null ? null : bar}<text${value === null ? html` class="tick"` : null} x="${px(end + 6)}" y="${y + row / 2}" dy="0.35em">${text}</text>`
  })
  const body = html`${xAxis(x, frame, shortDuration, 'after the heal')}${bars}`
  return svg(width, frame.bottom + 38, 'Milestones of the recovery, in time after the heal', body)
}
