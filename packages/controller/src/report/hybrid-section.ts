import type { HybridSummary, Metrics } from '@groundwork/trace'
import { modesChart } from './charts/modes.ts'
import { duration, number, percent, plural } from './format.ts'
import type { ReportInput } from './input.ts'
import { html, type Markup, table } from './markup.ts'

/** How the two chains fared together; nothing for the stake chain alone. */
export function hybridSection({ analysis: { hybrid, metrics, series } }: ReportInput): Markup | null {
  if (hybrid === undefined) return null
  return html`<h2>Both chains together</h2>
<p>${sentences(hybrid, metrics).join(' ')}</p>
<figure>${modesChart(series, hybrid)}<figcaption>Above, who orders: in FAST the stake chain, in RECORDED the physical chain. Below, a tick for every checkpoint that the physical chain accepted.</figcaption></figure>
${windowsTable(hybrid)}${hazardsTable(hybrid)}`
}

function sentences(hybrid: HybridSummary, metrics: Metrics): string[] {
  const { forcedInclusionMaxBlocks: max, forcedInclusionBoundBlocks: bound, forcedPosted } = metrics
  const waiting = hybrid.forced.filter(({ blocks }) => blocks === null).length
  const inclusion =
    forcedPosted === 0 || max === null
      ? 'No forced transaction was executed.'
      : `Of ${plural(forcedPosted ?? 0, 'forced transaction')} the slowest was executed ${plural(max, 'physical block')} after it was posted; the bound D is ${number(bound)}.`
  const left = waiting === 0 ? [] : [`${number(waiting)} still waited when the run ended.`]
  const { recoveryMs, recoveryPredictedMs, recordedEntries, recordedExits } = metrics
  const recovery =
    recoveryPredictedMs === null
      ? []
      : [
          `After the stake was gone finality was ${recoveryMs === null ? 'not back before the run ended' : `back after ${duration(recoveryMs)}`}; T_rec of these parameters is ${duration(recoveryPredictedMs)}.`,
        ]
  return [
    inclusion,
    ...left,
    `RECORDED began ${plural(recordedEntries ?? 0, 'time')} and ended ${plural(recordedExits ?? 0, 'time')}; FAST was on in ${percent(metrics.fastShare)} of the physical blocks.`,
    ...recovery,
    `Reverted: ${plural(metrics.revertedFastBlocks ?? 0, 'fast block')}; slashed ${number(metrics.slashedStake)}, leaked ${number(metrics.leakedStake)} of the stake.`,
  ]
}

function windowsTable({ windows }: HybridSummary): Markup | null {
  if (windows.length === 0) return null
  const rows = table<HybridSummary['windows'][number]>(
    [
      { head: 'window', cell: ({ window }) => number(window), figure: true },
      { head: 'closed at height', cell: ({ height }) => number(height), figure: true },
      { head: 'stake that voted', cell: ({ presentShare }) => percent(presentShare, 1), figure: true },
      { head: 'space that voted', cell: ({ spaceShare }) => percent(spaceShare, 1), figure: true },
      { head: 'justified', cell: ({ justified }) => (justified ? 'yes' : 'no') },
      { head: 'leaked', cell: ({ leaked }) => number(leaked), figure: true },
    ],
    windows,
  )
  return html`<figure><h3>Windows of RECORDED</h3>${rows}</figure>`
}

const hazardsMax = 12

function hazardsTable({ hazards }: HybridSummary): Markup | null {
  if (hazards.length === 0) return null
  const rows = table<HybridSummary['hazards'][number]>(
    [
      { head: 'node', cell: ({ node }) => node },
      { head: 'at', cell: ({ ms }) => duration(ms), figure: true },
      { head: 'hazard', cell: ({ hazard }) => hazard },
      { head: 'why', cell: ({ reason }) => reason },
      { head: 'blocks', cell: ({ lost }) => number(lost), figure: true },
    ],
    hazards.slice(0, hazardsMax),
  )
  const more = hazards.length - hazardsMax
  return html`<figure><h3>Finality hazards</h3>${rows}<figcaption>${more > 0 ? `And ${number(more)} more. ` : ''}A node that was told something final that does not hold says so; nothing is reverted in silence.</figcaption></figure>`
}
