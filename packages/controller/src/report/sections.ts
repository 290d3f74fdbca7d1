import { validatorsOf } from '@groundwork/scenario'
import {
  type Analysis,
  type CheckResult,
  invariantOf,
  type Metrics,
  type NodeMetrics,
  type Recovery,
} from '@groundwork/trace'
import { phaseNames, recoveryChart } from './charts/recovery.ts'
import { duration, number, percent, plural, times } from './format.ts'
import type { ReportInput } from './input.ts'
import { type Column, html, type Markup, table } from './markup.ts'
import { metricGroups } from './metric-names.ts'

type Tile = [value: string, name: string, note: string]

export function tiles({ metrics, recovery }: Analysis): Markup {
  const over = metrics.finalityOverBound
  const entries: Tile[] = [
    [
      duration(metrics.finalityP50Ms),
      'median finality',
      over === null
        ? 'from proposal to local finality'
        : `${times(over)} the network bound of ${duration(metrics.networkBoundP50Ms)}`,
    ],
    [duration(metrics.finalityGapMs), 'longest stop', 'without a new final block anywhere'],
    ...(recovery.length === 0
      ? []
      : [
          [
            duration(metrics.recoveryFirstFinalityMs),
            'heal to first finality',
            recovery.length === 1 ? 'first new block anywhere' : 'the slowest of all heals',
          ] satisfies Tile,
        ]),
    [
      duration(metrics.startupToFirstFinalityMs),
      'start to first final block',
      `${plural(metrics.blocksFinalized, 'block')} in all`,
    ],
  ]
  if (metrics.transactionsSubmitted > 0) {
    const share = metrics.transactionsFinalized / metrics.transactionsSubmitted
    const rest = `of ${number(metrics.transactionsSubmitted)} transfers; ${number(metrics.transactionsPending)} still waiting, ${number(metrics.transactionsRejected)} rejected`
    entries.push([percent(share, share > 0.99 && share < 1 ? 1 : 0), 'became final', rest])
  }
  if (metrics.rssMaxMiB !== null) {
    const shared =
      metrics.pssMaxMiB === null
        ? ''
        : `; ${number(metrics.pssMaxMiB)} MiB with shared pages counted by share`
    entries.push([`${number(metrics.rssMaxMiB)} MiB`, 'memory of a validator', `resident, at most${shared}`])
  }
  return html`<div class="tiles">${entries.map(([value, name, note]) => html`<div class="tile"><span>${name}</span><b>${value}</b><small>${note}</small></div>`)}</div>`
}

export function verdictBadge(verdict: CheckResult['verdict']): Markup {
  const marks = { pass: '✓ pass', fail: '✗ fail', invalid: '? invalid' }
  return html`<span class="verdict ${verdict}">${marks[verdict]}</span>`
}

const checkTitles: Readonly<Record<CheckResult['check'], string>> = {
  agreement: 'Honest nodes agree',
  'no-false-blame': 'Nobody honest is blamed',
  accountability: 'Forks name the guilty',
  'finality-gap': 'Time without finality',
  recovery: 'Recovery after a heal',
  halts: 'No quorum, no finality',
  'caught-up': 'Everybody caught up',
  'min-height': 'Chain grew',
  'mixed-views': 'Views left two ways',
  'physical-obliviousness': 'Physical chain unmoved by the stake chain',
  'one-certificate': 'Certificates exclude each other',
  'no-double-sign': 'Nobody signs twice',
  'views-advance': 'Views move forward',
  'chain-links': 'Blocks form a chain',
  liveness: 'Something was finalized',
  'physical-growth': 'The physical chain grows',
  'physical-agreement': 'Farmers agree below kappa',
  'physical-gap': 'Time without a physical block',
  'physical-halts': 'No delay proof, no physical block',
  reorg: 'Depth of reorgs',
  refused: 'What was refused',
  'region-share': 'Share of a region',
  located: 'Places are proven or not',
  'private-chain': 'Private chains lose',
  'physical-liveness': 'The physical chain grew',
  'physical-weight': 'Best chains only get heavier',
  'no-double-farm': 'Nobody farms twice',
  'expect-broken': 'What is meant to break',
  metric: 'A figure within bounds',
  'anchored-consistency': 'Anchored ledgers agree',
  'forced-inclusion': 'Forced transactions are executed',
  'no-fast-reversal': 'What was fast stays',
  'recovery-of-finality': 'Finality returns without the lost stake',
  'unique-reconfiguration': 'One fork reconfigures',
  determinism: 'Everybody derives the same',
  unbonding: 'Stake waits to be paid out',
  conservation: 'Nothing is lost or made',
  'bounded-rollback': 'Checkpoints stay',
  'liveness-after-heal': 'Finality soon after every heal',
}

export function checksTable(checks: readonly CheckResult[]): Markup {
  return table<CheckResult>(
    [
      {
        head: 'check',
        cell: ({ check }) =>
          html`${checkTitles[check]}<br/><code class="soft">${check}</code>${invariantOf[check] === undefined ? null : html` <span class="soft">${invariantOf[check]}</span>`}`,
      },
      { head: 'verdict', cell: ({ verdict }) => verdictBadge(verdict) },
      { head: 'why', cell: ({ detail }) => detail },
    ],
    checks,
  )
}

const chartsMax = 2

/** The slowest heals drawn, all of them listed. */
export function recoverySection(recovery: readonly Recovery[]): Markup | null {
  if (recovery.length === 0) return null
  const time = ({ phases }: Recovery) =>
    phases.allFinalizingMs ?? phases.firstFinalityMs ?? Number.POSITIVE_INFINITY
  const slowest = [...recovery]
    .filter(({ hindered }) => !hindered)
    .sort((a, b) => time(b) - time(a))
    .slice(0, chartsMax)
  const drawn = recovery.filter((one) => slowest.includes(one))
  const figures = drawn.map(
    (one) =>
      html`<figure><h3>After ${one.fault} was healed, ${duration(one.healedMs)} into the run</h3>${recoveryChart(one)}<figcaption>${backlog(one)}</figcaption></figure>`,
  )
  const columns: Column<Recovery>[] = [
    {
      head: 'heal of',
      cell: ({ fault, hindered }) => `${fault}${hindered ? ' (another fault went on)' : ''}`,
    },
    { head: 'at', cell: ({ healedMs }) => duration(healedMs), figure: true },
    ...phaseNames.map(
      ({ phase, name }): Column<Recovery> => ({
        head: name,
        cell: ({ phases }) => duration(phases[phase]),
        figure: true,
      }),
    ),
  ]
  const all = recovery.length > drawn.length ? html`<h3>All heals</h3>${table(columns, recovery)}` : null
  return html`<h2>Recovery</h2><p class="soft">What came back when, counted from each heal. The first three are the network finding itself again; the rest is consensus.</p>${figures}${all}`
}

function backlog({ backlog: { waiting, lost } }: Recovery): string {
  if (waiting === 0) return 'No transfer was waiting when the fault was healed.'
  const never = lost === 0 ? 'all of them became final' : `${number(lost)} of them never became final`
  return `${plural(waiting, 'transfer')} waited when the fault was healed; ${never}.`
}

export function nodesTable({ plan, analysis }: ReportInput): Markup {
  const stake = new Map(validatorsOf(plan.nodes).map((node) => [node.name, node]))
  const measured = analysis.metrics.rssMaxMiB !== null
  const columns: Column<NodeMetrics>[] = [
    { head: 'node', cell: ({ node }) => node },
    { head: 'region', cell: ({ region }) => region.replaceAll('_', ' ') },
    { head: 'cloud, jurisdiction, entity', cell: ({ node }) => labels(stake.get(node)?.labels) },
    { head: 'stake', cell: ({ node }) => number(stake.get(node)?.weight ?? null), figure: true },
    {
      head: 'honest',
      cell: ({ node, honest }) =>
        honest ? 'yes' : stake.get(node)?.twinOf === null ? 'no' : `twin of ${stake.get(node)?.twinOf}`,
    },
    { head: 'final height', cell: ({ height }) => number(height), figure: true },
    { head: 'median finality', cell: ({ finalityP50Ms }) => duration(finalityP50Ms), figure: true },
    { head: 'longest stop', cell: ({ finalityGapMs }) => duration(finalityGapMs), figure: true },
    { head: 'starts', cell: ({ starts }) => number(starts), figure: true },
  ]
  const resources: Column<NodeMetrics>[] = [
    {
      head: 'memory (by share), MiB',
      cell: ({ rssMaxMiB, pssMaxMiB }) => `${number(rssMaxMiB)} (${number(pssMaxMiB)})`,
      figure: true,
    },
    {
      head: 'core, mean and max',
      cell: ({ cpuShareMean, cpuShareMax }) => `${percent(cpuShareMean)}, ${percent(cpuShareMax)}`,
      figure: true,
    },
    { head: 'loop late by', cell: ({ loopLagMsMax }) => duration(loopLagMsMax), figure: true },
    { head: 'messages dropped', cell: ({ messagesRejected }) => number(messagesRejected), figure: true },
  ]
  return table(measured ? [...columns, ...resources] : columns, analysis.metrics.nodes)
}

function labels(of: ReportInput['plan']['nodes'][number]['labels'] | undefined): string {
  return of === undefined
    ? '–'
    : [of.cloud, of.jurisdiction, of.entity].filter((label) => label !== '').join(', ')
}

export function metricsList(metrics: Metrics): Markup {
  const groups = metricGroups.map(
    ({ title, metrics: rows }) =>
      html`<section><h3>${title}</h3><dl>${rows.map(([name, label, show]) => html`<dt>${label}</dt><dd title="${name}">${show(metrics[name])}</dd>`)}</dl></section>`,
  )
  return html`<div class="columns">${groups}</div>`
}
