import type { LedgerName, Scenario } from '@groundwork/scenario'
import type { LedgerPoint, SweepSummary, SweptMetric, SweptPoint } from '../sweep/summarize.ts'
import { contrastSentence } from './contrast.ts'
import { duration, number, percent } from './format.ts'
import { html, type Markup, table } from './markup.ts'
import { htmlPage } from './page.ts'
import { verdictBadge } from './sections.ts'
import { type Frame, legend, linearScale, path, px, svg, xAxis, yAxis } from './svg.ts'

/** What is drawn, with what a reader calls it. `beside`: the bound or the prediction, drawn dashed. */
const curves: readonly {
  readonly metric: SweptMetric
  readonly title: string
  readonly show: (value: number) => string
  readonly beside?: SweptMetric
}[] = [
  {
    metric: 'forcedInclusionMaxBlocks',
    title: 'Physical blocks until a forced transaction is executed, the slowest',
    show: (value) => number(value),
    beside: 'forcedInclusionBoundBlocks',
  },
  {
    metric: 'targetForcedIncludedShare',
    title: "The target's forced transfers that were executed",
    show: (value) => percent(value),
  },
  {
    metric: 'targetStakeIncludedShare',
    title: "The target's transfers to mempools that became final",
    show: (value) => percent(value),
  },
  {
    metric: 'recoveryMs',
    title: 'From the loss of stake to finality',
    show: duration,
    beside: 'recoveryPredictedMs',
  },
  { metric: 'finalityGapMs', title: 'Longest time without a new final block', show: duration },
  { metric: 'revertedFastBlocks', title: 'Fast blocks reverted', show: (value) => number(value) },
  { metric: 'leakedStake', title: 'Stake leaked', show: (value) => number(value) },
  { metric: 'slashedStake', title: 'Stake slashed', show: (value) => number(value) },
  { metric: 'forkedBlocks', title: 'Conflicting final blocks', show: (value) => number(value) },
  {
    metric: 'rewrittenNodes',
    title: 'Nodes that took another history for the true one',
    show: (value) => number(value),
  },
  { metric: 'accusedWeight', title: 'Stake named by evidence', show: (value) => number(value) },
  {
    metric: 'evidenceDelayBlocks',
    title: 'Physical blocks while seized keys signed twice',
    show: (value) => number(value),
  },
  {
    metric: 'slashedShare',
    title: 'Slashed, of the stake named by evidence',
    show: (value) => percent(value),
  },
  { metric: 'withdrawnStake', title: 'Stake paid out', show: (value) => number(value) },
  {
    metric: 'attackProfit',
    title: 'Coins in reverted blocks less stake slashed',
    show: (value) => number(value),
  },
  {
    metric: 'valueAtLossForked',
    title: 'Value at loss of conflicting final blocks',
    show: (value) => number(value),
  },
  {
    metric: 'slashedOverValueAtLoss',
    title: 'Slashed over value at loss',
    show: (value) => number(value, 2),
  },
  {
    metric: 'accusedOverValueAtLoss',
    title: 'Stake named by evidence over value at loss (named, not burnt)',
    show: (value) => number(value, 2),
  },
  {
    metric: 'spaceTimeCost',
    title: 'To reorganise kappa physical blocks, byte ms (no stake)',
    show: (value) => number(value),
  },
  { metric: 'fastShare', title: 'Physical blocks in FAST', show: (value) => percent(value) },
]

const ledgers = [
  { ledger: 'stake', text: 'stake chain alone', className: 'all', dot: 'f1' },
  { ledger: 'hybrid', text: 'hybrid', className: 'measured', dot: 'f0' },
] as const

export interface SweepReport {
  readonly scenario: Pick<Scenario, 'name' | 'description' | 'lesson'>
  readonly runtime: string
  readonly seed: number
  readonly summary: SweepSummary
}

/** The report of a sweep: one curve for each figure that says something, both ledgers in it. */
export function renderSweep({ scenario, runtime, seed, summary }: SweepReport): string {
  const { points, reasons, verdict, variable } = summary
  const body = html`<p class="soft">Groundwork, report of a sweep over ${variable}</p>
<div class="head"><h1>${scenario.name}</h1>${verdictBadge(verdict)}<span class="soft">${runtime} runtime, seeds from ${seed}</span></div>
<p class="lesson">${scenario.description}</p>
${scenario.lesson === '' ? null : html`<p>${scenario.lesson}</p>`}
${reasons.length === 0 ? null : html`<div class="reasons ${verdict}"><ul>${reasons.slice(0, 20).map((reason) => html`<li>${reason}</li>`)}</ul></div>`}
${contrastSection(points)}
<h2>Curves</h2>
<div class="pair">${curves.map((curve) => curveFigure(points, variable, curve))}</div>
<h2>Points</h2>
<p class="soft">The expectation of each point was fixed in the scenario before the run. It counts as supported if it held in nine of ten seeds, as refuted if in one of ten at most.</p>
${ledgers.map(({ ledger, text }) => pointsTable(points, variable, ledger, text))}`
  return htmlPage(`${scenario.name} (${runtime}): ${verdict}`, body)
}

/** What the runs of both ledgers say about each other, whichever way it went. */
function contrastSection(points: readonly SweptPoint[]): Markup | null {
  const sentences = points.flatMap((point) => contrastSentence(point) ?? [])
  if (sentences.length === 0) return null
  return html`<h2>One ledger against the other</h2>
<ul>${sentences.map((sentence) => html`<li>${sentence}</li>`)}</ul>
<p class="soft">Named is what all seeds of one ledger are beyond all seeds of the other; figures are medians.</p>`
}

function curveFigure(
  points: readonly SweptPoint[],
  variable: string,
  curve: (typeof curves)[number],
): Markup | null {
  const { metric, title, show, beside } = curve
  const own = ledgers.map((ledger) => ({ ...ledger, dots: dotsOf(points, ledger.ledger, metric) }))
  const bound = beside === undefined ? [] : dotsOf(points, 'hybrid', beside)
  const values = [...own.flatMap(({ dots }) => dots), ...bound].flatMap(({ least, most }) => [least, most])
  if (own.every(({ dots }) => dots.length === 0) || values.every((value) => value === 0)) return null
  const frame: Frame = { left: 60, right: 486, top: 26, bottom: 226 }
  const at = points.map(({ value }) => value)
  const x = linearScale([Math.min(...at), Math.max(...at)], [frame.left + 8, frame.right - 8], 6)
  const y = linearScale(
    [Math.min(0, ...values) * 1.05, Math.max(0, ...values) * 1.05],
    [frame.bottom, frame.top],
    4,
  )
  const line = (dots: readonly Dot[]) =>
    dots.map((dot, i) => `${i === 0 ? 'M' : 'L'}${px(x(dot.value))} ${px(y(dot.median))}`).join('')
  const body = html`${yAxis(y, frame, (value) => show(value), '')}${xAxis(x, frame, (value) => `${Number(value.toPrecision(3))}`, variable)}
${path(line(bound), 'class="bound" stroke-dasharray="5 4" stroke-width="1.5"')}
${own.map(({ dots, className, dot }) => html`${path(line(dots), `class="${className}" stroke-width="2"`)}${dots.map(({ value, least, median, most }) => html`<g><title>${value}: ${show(median)} (${show(least)} to ${show(most)})</title>${path(`M${px(x(value))} ${px(y(least))}V${px(y(most))}`, `class="${className}" stroke-width="1"`)}<circle class="${dot}" cx="${px(x(value))}" cy="${px(y(median))}" r="3.5"/></g>`)}`)}`
  const entries = own
    .filter(({ dots }) => dots.length > 0)
    .map(({ text, className }) => ({ text, className, mark: 'line' }) as const)
  const more =
    bound.length === 0 ? [] : [{ text: 'bound or prediction', className: 'bound', mark: 'dash' } as const]
  return html`<figure><h3>${title}</h3>${legend([...entries, ...more])}${svg(500, frame.bottom + 40, title, body)}<figcaption>Medians over the seeds; bars from the least to the most.</figcaption></figure>`
}

interface Dot {
  readonly value: number
  readonly least: number
  readonly median: number
  readonly most: number
}

function dotsOf(points: readonly SweptPoint[], ledger: LedgerName, metric: SweptMetric): Dot[] {
  return points.flatMap((point) => {
    const figure = point[ledger]?.metrics[metric]
    return figure === undefined ? [] : [{ value: point.value, ...figure }]
  })
}

function pointsTable(
  points: readonly SweptPoint[],
  variable: string,
  ledger: LedgerName,
  text: string,
): Markup | null {
  const rows = points.flatMap((point) => {
    const part = point[ledger]
    return part === undefined ? [] : [{ label: point.label, ...part }]
  })
  if (rows.length === 0) return null
  const figures = curves.filter(({ metric }) => rows.some(({ metrics }) => metrics[metric] !== undefined))
  const head = table<LedgerPoint & { readonly label: string }>(
    [
      { head: variable, cell: ({ label }) => label },
      { head: 'verdict', cell: ({ verdict }) => verdictBadge(verdict) },
      { head: 'expectation', cell: ({ held, seeds, claim }) => `${claim} (${held} of ${seeds})` },
      ...figures.map(({ metric, title, show }) => ({
        head: title,
        figure: true,
        cell: ({ metrics }: LedgerPoint) => {
          const figure = metrics[metric]
          if (figure === undefined) return null
          const { least, median, most } = figure
          return least === most ? show(median) : `${show(median)} (${show(least)} to ${show(most)})`
        },
      })),
    ],
    rows,
  )
  return html`<figure><h3>On the ${text}</h3>${head}</figure>`
}
