import type { FarmerMetrics, PhysicalMetrics, RegionShare, RoleCost } from '@groundwork/trace'
import { regionColours } from './charts/regions.ts'
import { timelineChart } from './charts/timeline.ts'
import { duration, listed, number, percent, plural } from './format.ts'
import type { ReportInput } from './input.ts'
import { html, type Markup, table } from './markup.ts'

const modelled =
  'Space is modelled: a plot of k = 16 is recomputed in less than a slot, so at this size CPU replaces disk.'

/** What became of the physical chain; nothing without farmers. */
export function physicalSection({ analysis: { metrics, series } }: ReportInput): Markup | null {
  const { physical } = metrics
  if (physical === undefined || series.physical === undefined) return null
  const chart = timelineChart({ ...series, nodes: series.physical, forks: [] }, regionColours(series), {
    axis: 'height of the best chain',
    label: 'Height of the best chain of every farmer over time, with fault windows shaded',
  })
  return html`<h2>The physical chain</h2>
<p>${sentences(physical).join(' ')}</p>
<p class="soft">${modelled} ${standIns(physical)}</p>
<figure>${chart}<figcaption>Above, the height of every farmer's best chain: a step down is a reorg, lines that part are forks. Below, one lane for each farmer with a tick for every change of its best chain.</figcaption></figure>
${farmersTable(physical.farmers)}
<div class="pair"><figure><h3>Effective space by claimed region</h3>${regionsTable(physical.regions)}</figure>
<figure><h3>Processor by role</h3>${rolesTable(physical.roles)}</figure></div>
${refusedList(physical)}
${privateChainsTable(physical)}`
}

function sentences(physical: PhysicalMetrics): string[] {
  const { height, growth, orphans, blocks, reorgs, reorgDepthMax, gapMs, slotProofP50Ms } = physical
  const late =
    slotProofP50Ms === null ? [] : [`A slot was known ${duration(slotProofP50Ms)} after it began (median).`]
  return [
    `The best chain reached height ${number(height)}: ${percent(growth)} of all slots have a block.`,
    `${number(orphans)} of ${plural(blocks, 'block')} are not on it.`,
    `Farmers changed forks ${plural(reorgs, 'time')}; the deepest reorg took back ${plural(reorgDepthMax, 'block')}.`,
    `The longest time without growth was ${duration(gapMs)}.`,
    ...late,
  ]
}

function standIns({ simulated }: PhysicalMetrics): string {
  return simulated.length === 0
    ? 'Plots, delay proofs and signatures are real; distances are emulated.'
    : `Simulated: ${simulated.join('; ')}.`
}

function farmersTable(farmers: readonly FarmerMetrics[]): Markup {
  const name = (region: string): string => region.replaceAll('_', ' ')
  return table<FarmerMetrics>(
    [
      { head: 'farmer', cell: ({ node }) => node },
      { head: 'region', cell: ({ region }) => name(region) },
      {
        head: 'claims',
        cell: ({ region, claims, located, plots }) =>
          `${claims === region ? 'the same' : name(claims)}${located === null ? '' : `, ${located} of ${plots} proven`}`,
      },
      { head: 'timelord', cell: ({ timelord }) => (timelord ? 'yes' : '') },
      { head: 'honest', cell: ({ honest }) => (honest ? 'yes' : 'no') },
      { head: 'plots', cell: ({ plots }) => number(plots), figure: true },
      { head: 'height', cell: ({ height }) => number(height), figure: true },
      { head: 'blocks made', cell: ({ farmed }) => number(farmed), figure: true },
      { head: 'deepest reorg', cell: ({ reorgDepthMax }) => number(reorgDepthMax), figure: true },
      { head: 'starts', cell: ({ starts }) => number(starts), figure: true },
      { head: 'core, mean', cell: ({ cpuShareMean }) => percent(cpuShareMean, 1), figure: true },
      { head: 'memory, MiB', cell: ({ rssMaxMiB }) => number(rssMaxMiB), figure: true },
    ],
    farmers,
  )
}

function regionsTable(regions: readonly RegionShare[]): Markup {
  return table<RegionShare>(
    [
      { head: 'region', cell: ({ region }) => region.replaceAll('_', ' ') },
      { head: 'share', cell: ({ shareMilli }) => percent(shareMilli / 1000, 1), figure: true },
    ],
    regions,
  )
}

function rolesTable(roles: readonly RoleCost[]): Markup {
  return table<RoleCost>(
    [
      { head: 'role', cell: ({ role }) => (role === 'timelord' ? 'farmer and timelord' : role) },
      { head: 'processes', cell: ({ processes }) => number(processes), figure: true },
      { head: 'cores, together', cell: ({ cpuShare }) => number(cpuShare, 2), figure: true },
      { head: 'memory at most, MiB', cell: ({ rssMaxMiB }) => number(rssMaxMiB), figure: true },
    ],
    roles,
  )
}

function refusedList({ refused }: PhysicalMetrics): Markup | null {
  const counts = Object.entries(refused).map(([reason, count]) => `${reason} ${number(count)}`)
  return counts.length === 0 ? null : html`<p class="soft">Counted and dropped: ${listed(counts)}.</p>`
}

function privateChainsTable({ privateChains }: PhysicalMetrics): Markup | null {
  if (privateChains.length === 0) return null
  const rows = table<(typeof privateChains)[number]>(
    [
      { head: 'share of the space', cell: ({ shareMilli }) => percent(shareMilli / 1000), figure: true },
      { head: 'confirmations', cell: ({ kappa }) => number(kappa), figure: true },
      { head: 'came level', cell: ({ level }) => percent(level, 1), figure: true },
      { head: 'preferred by fork choice', cell: ({ won }) => percent(won, 1), figure: true },
      { head: 'races', cell: ({ races }) => number(races), figure: true },
    ],
    privateChains,
  )
  return html`<figure><h3>Private chains</h3>${rows}<figcaption>Races of two chains drawn from the lottery of the chain, without a network: a simple model, not a bound.</figcaption></figure>`
}
