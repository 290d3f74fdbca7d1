import type { Analysis, LinkFidelity } from '@groundwork/trace'
import { duration, number, percent } from './format.ts'
import type { ReportInput } from './input.ts'
import { html, type Markup, table } from './markup.ts'
import { roundTripsSection } from './round-trips-section.ts'

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
${roundTripsSection(fidelity.roundTrips, plan.runtime)}
<h3>The machine and the emulator</h3>
<dl>${[...measurements(plan, analysis), ...emulation(facts.measures ?? {})].map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>
${links.length === 0 ? null : linkTable(links)}`
}

function signatureWords(signatures: Analysis['signatures']): string {
  if (signatures === null) return 'unknown'
  return signatures === 'ed25519'
    ? 'ed25519'
    : 'a keyed hash in the place of ed25519: fast, and only good for simulation'
}

function measurements(plan: ReportInput['plan'], { fidelity }: Analysis): [string, string][] {
  const { loopLagMsMax, loopLagP95Ms, saturatedShare, slots, sentPerSecond, clockJumpMsMax, problems } =
    fidelity
  const rows: [string, string][] = []
  if (loopLagMsMax !== null) {
    rows.push([
      'event loops late',
      `${duration(loopLagMsMax)} at worst, at most ${duration(loopLagP95Ms)} in 95 % of all seconds`,
    ])
  }
  if (saturatedShare !== null)
    rows.push(['processors saturated', `${percent(saturatedShare)} of all seconds`])
  if (slots !== null) {
    rows.push([
      'slots known late',
      `${duration(slots.maxMs)} at worst, at most ${duration(slots.p95Ms)} in 95 % of ${number(slots.slots)} slots; validators stop at ${duration(slots.staleMs)}`,
    ])
  }
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

const dropWords: readonly (readonly [measure: string, reason: string])[] = [
  ['routerDroppedLoss', 'by loss, as asked'],
  ['routerDroppedCut', 'by cuts'],
  ['routerDroppedQueue', 'by full queues before a rate'],
  ['routerDroppedOverload', 'by overload'],
  ['routerDroppedForeign', 'not between nodes'],
]

/** What the emulator said of itself, whichever it was. */
function emulation(measures: Readonly<Record<string, number>>): [string, string][] {
  const rows: [string, string][] = []
  const of = (name: string): number | null => measures[name] ?? null
  const lateness = (name: string, prefix: string): void => {
    const [p50 = null, p99 = null, max = null] = ['P50Ms', 'P99Ms', 'MaxMs'].map((end) =>
      of(`${prefix}Lateness${end}`),
    )
    if (p50 === null) return
    rows.push([name, `${duration(p50)} median, ${duration(p99)} in 99 %, ${duration(max)} at worst`])
  }
  const packets = of('routerPackets')
  if (packets !== null) {
    const rate = of('routerPacketsPerSecond')
    rows.push(['packets through the router', `${number(packets)}, ${number(rate)} a second`])
    const why = dropWords.flatMap(([measure, reason]) => {
      const count = of(measure) ?? 0
      return count === 0 ? [] : [`${number(count)} ${reason}`]
    })
    const dropped = of('routerDropped') ?? 0
    rows.push(['packets dropped', `${number(dropped)}${why.length === 0 ? '' : `: ${why.join(', ')}`}`])
  }
  lateness('packets later than asked', 'router')
  lateness('relays later than asked', 'relay')
  const saturated = of('routerSaturatedSeconds')
  const forMs = of('routerForMs')
  if (saturated !== null && forMs !== null)
    rows.push(['emulator saturated', `${number(saturated)} of ${number(forMs / 1000)} seconds`])
  for (const [measure, name] of [
    ['routerCpuMs', "the router's processor time"],
    ['controllerCpuMs', "the controller's processor time"],
  ] as const) {
    const used = of(measure)
    if (used !== null) rows.push([name, duration(used)])
  }
  const loop = of('relayLoopLagMsMax')
  if (loop !== null) rows.push(["the relays' event loop late", `${duration(loop)} at worst`])
  return rows
}

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
  return html`<details><summary>Delays of proposals between regions, asked and seen</summary>
<p class="note">Seen from outside, away from faults: from the leader's sending of a proposal to its arrival at a node, encoding and checking included.</p>${table(columns, links)}</details>`
}
