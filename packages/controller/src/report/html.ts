import { validatorsOf } from '@groundwork/scenario'
import { type Curve, distributionChart } from './charts/distribution.ts'
import { latencyChart, throughputChart } from './charts/latency.ts'
import { regionColours } from './charts/regions.ts'
import { timelineChart } from './charts/timeline.ts'
import { fidelitySection } from './fidelity-section.ts'
import { duration, number } from './format.ts'
import { hybridSection } from './hybrid-section.ts'
import type { ReportInput } from './input.ts'
import { html, type Markup } from './markup.ts'
import { htmlPage } from './page.ts'
import { physicalSection } from './physical-section.ts'
import { checksTable, metricsList, nodesTable, recoverySection, tiles, verdictBadge } from './sections.ts'
import { summary } from './summary.ts'

/** The report of one run: one HTML file that needs nothing else, neither network nor script. */
export function renderReport(input: ReportInput): string {
  const { plan, analysis, facts } = input
  const title = `${plan.scenario} (${plan.runtime}, seed ${plan.seed}): ${analysis.verdict}`
  const stakes = validatorsOf(plan.nodes).length > 0
  const body = html`<p class="soft">Groundwork, report of one run</p>
<div class="head"><h1>${plan.scenario}</h1>${verdictBadge(analysis.verdict)}<span class="soft">${plan.runtime} runtime, seed ${plan.seed}, ${facts.startedAt.replace('T', ' ').slice(0, 16)} UTC</span></div>
<p class="lesson">${plan.description}</p>
${plan.lesson === '' ? null : html`<p>${plan.lesson}</p>`}
${reasons(input)}
<p><strong>In this run:</strong> ${summary(input).join(' ')}</p>
${stakes ? tiles(analysis) : null}
${stakes ? progressSection(input) : null}
${hybridSection(input)}
${physicalSection(input)}
${recoverySection(analysis.recovery)}
${latencySection(input)}
<h2>Checks</h2>
<p class="soft">The first are the scenario's own; the rest every run must pass. A failed safety check makes the run fail whatever the machine did. If the machine or the harness was at fault, a missed bound in time makes it invalid instead.</p>
${checksTable(analysis.checks)}
${stakes ? html`<h2>Validators</h2>${nodesTable(input)}` : null}
<h2>All figures</h2>
${metricsList(analysis.metrics)}
${fidelitySection(input)}
${runFacts(input)}`
  return htmlPage(title, body)
}

function reasons({ analysis: { verdict, reasons: list } }: ReportInput): Markup | null {
  if (list.length === 0) return null
  const head = verdict === 'invalid' ? 'Why this run is invalid' : 'Why this run failed'
  return html`<div class="reasons ${verdict}"><p><strong>${head}</strong></p><ul>${list.map((reason) => html`<li>${reason}</li>`)}</ul></div>`
}

function progressSection({ analysis: { series } }: ReportInput): Markup {
  const colours = regionColours(series)
  const throughput = throughputChart(series)
  return html`<h2>Finality over time</h2>
<figure>${timelineChart(series, colours)}<figcaption>Above, the final height of every node, coloured by region; where lines lie on each other nodes are level, and a fork is marked. Below, one lane for each node with a tick for every block that it finalized: a gap is a stop, a thick bar is catching up.</figcaption></figure>
${throughput === null ? null : html`<figure><h3>Transfers</h3>${throughput}<figcaption>The load does not wait for answers: what is sent during a stop becomes final in one burst after it.</figcaption></figure>`}`
}

function latencySection({ analysis: { series, distributions, metrics } }: ReportInput): Markup {
  if (series.blocks.length === 0) return html``
  const finality: Curve[] = [
    { text: 'network bound', className: 'bound', steps: distributions.bound },
    { text: 'away from faults', className: 'measured', steps: distributions.finality },
    { text: 'faults included', className: 'all', dashed: true, steps: distributions.finalityAll },
  ]
  const waiting = metrics.transactionsPending
  const transfers: Curve[] = [
    { text: 'submission to first finality', className: 'waiting', steps: distributions.transactions },
  ]
  const transferFigure = html`<figure><h3>Transfers</h3>${distributionChart(transfers, 'Distribution of transfer latency')}<figcaption>${waiting === 0 ? 'No transfer was left waiting.' : `${number(waiting)} still waited when the run ended, the oldest for ${duration(metrics.transactionPendingMaxMs)}. They count as "longer than that", so the curve may end below 100 %.`}</figcaption></figure>`
  return html`<h2>Latency</h2>
<figure>${latencyChart(series, regionColours(series))}<figcaption>One dot for each block. The bound is the earliest time at which a quorum could finalize it: proposal, notarization and finalization votes travel at the speed of the delay table, and computing takes no time.</figcaption></figure>
<div class="pair"><figure><h3>Blocks</h3>${distributionChart(
    finality.filter(({ steps }) => steps.length > 0),
    'Distribution of finality latency',
  )}<figcaption>Over all pairs of a block and an honest node, from the leader's sending of the proposal to the local finalization.</figcaption></figure>
${distributions.transactions.length === 0 ? null : transferFigure}</div>`
}

function runFacts({ plan, facts }: ReportInput): Markup {
  const { minViewTimeMs, timeoutBaseMs, timeoutMaxMs, standstillMs } = plan.parameters
  const rows: [string, string][] = [
    ['scenario', plan.scenario],
    [
      'again',
      `npm run --silent groundwork -- run ${plan.scenario} --runtime ${plan.runtime} --seed ${plan.seed}`,
    ],
    ['duration', `${duration(plan.durationMs)} after readiness`],
    [
      'parameters',
      `minimal view time ${duration(minViewTimeMs)}, time-out ${duration(timeoutBaseMs)} to ${duration(timeoutMaxMs)}, standstill ${duration(standstillMs)}`,
    ],
    [
      'workload',
      plan.workload.ratePerSecond === 0
        ? 'none'
        : `${number(plan.workload.ratePerSecond, 1)} transfers a second from ${number(plan.workload.accounts)} accounts`,
    ],
    ['started', facts.startedAt],
    ['ended', facts.endedAt ?? 'not recorded'],
    ...Object.entries(facts.machine).map(([name, value]): [string, string] => [
      machineNames[name] ?? name,
      `${value ?? 'unknown'}`,
    ]),
  ]
  return html`<h2>Run</h2><dl>${rows.map(([name, value]) => html`<dt>${name}</dt><dd>${name === 'again' ? html`<code>${value}</code>` : value}</dd>`)}</dl>
<p class="soft">Beside this file lie the plan, the merged event log, the metrics as JSON and CSV, and the verdict.</p>`
}

const machineNames: Readonly<Record<string, string>> = {
  groundwork: 'Groundwork',
  node: 'Node.js',
  cpu: 'processor',
  memoryMiB: 'memory, MiB',
}
