import type { Analysis, LinkFidelity } from '@groundwork/trace'
import { duration, number, percent } from './format.ts'
import type { ReportInput } from './input.ts'
import { html, type Markup, table } from './markup.ts'

const grades: Readonly<Record<Analysis['fidelity']['grade'], string>> = {
  good: 'The machine and the harness did what was asked of them.',
  degraded: 'The machine had moments of weakness: read single latencies with care.',
  bad: 'The machine or the harness failed: this run proves nothing about time and progress.',
}

/** What is emulated, what is real, and whether the machine kept up. */
export function fidelitySection({ plan, analysis, facts }: ReportInput): Markup {
  const { fidelity, signatures } = analysis
  const { findings, links } = fidelity
  return html`<h2>What is real, what is emulated, and did the machine keep up?</h2>
<dl><dt>real</dt><dd>${facts.real}</dd><dt>emulated</dt><dd>${facts.emulated}</dd><dt>signatures</dt><dd>${signatureWords(signatures)}</dd></dl>
<p>${grades[fidelity.grade]}</p>
${findings.length === 0 ? null : html`<ul>${findings.map(({ detail }) => html`<li>${detail}</li>`)}</ul>`}
<dl>${measurements(plan, analysis).map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>
${links.length === 0 ? null : linkTable(links)}`
}

function signatureWords(signatures: Analysis['signatures']): string {
  if (signatures === null) return 'unknown'
  return signatures === 'ed25519'
    ? 'ed25519'
    : 'a keyed hash in the place of ed25519: fast, and only good for simulation'
}

function measurements(plan: ReportInput['plan'], { fidelity }: Analysis): [string, string][] {
  const { loopLagMsMax, loopLagP95Ms, saturatedShare, sentPerSecond, clockJumpMsMax, problems } = fidelity
  const rows: [string, string][] = []
  if (loopLagMsMax !== null) {
    rows.push([
      'event loops late',
      `${duration(loopLagMsMax)} at worst, at most ${duration(loopLagP95Ms)} in 95 % of all seconds`,
    ])
  }
  if (saturatedShare !== null)
    rows.push(['processors saturated', `${percent(saturatedShare)} of all seconds`])
  if (sentPerSecond !== null) {
    rows.push([
      'load',
      `${number(sentPerSecond, 1)} transfers a second sent, ${number(plan.workload.ratePerSecond, 1)} planned`,
    ])
  }
  rows.push(['wall clock', `moved by at most ${duration(clockJumpMsMax)} against the monotonic one`])
  rows.push([
    'event logs',
    `${number(problems.truncated)} torn lines, ${number(problems.malformed)} unreadable`,
  ])
  return rows
}

/** Longer tables are folded. */
const shownMax = 16

function linkTable(links: readonly LinkFidelity[]): Markup {
  const verdicts = { ok: 'as asked', 'too-fast': 'faster than the network allows', slow: 'slow' }
  const columns = [
    { head: 'from', cell: ({ from }: LinkFidelity) => from.replaceAll('_', ' ') },
    { head: 'to', cell: ({ to }: LinkFidelity) => to.replaceAll('_', ' ') },
    { head: 'one-way delay, asked', cell: (link: LinkFidelity) => duration(link.requestedMs), figure: true },
    {
      head: 'proposals took, median',
      cell: (link: LinkFidelity) => duration(link.observedP50Ms),
      figure: true,
    },
    { head: 'proposals', cell: ({ samples }: LinkFidelity) => number(samples), figure: true },
    { head: '', cell: ({ verdict }: LinkFidelity) => verdicts[verdict] },
  ]
  return html`<details${links.length <= shownMax ? html` open` : null}><summary>Delays between regions, asked and seen</summary>
<p class="note">Seen from outside, away from faults: from the leader's sending of a proposal to its arrival at a node, encoding and checking included.</p>${table(columns, links)}</details>`
}
