import { deviation, type PairFidelity, type RoundTripFidelity } from '@groundwork/trace'
import { duration, number, plural } from './format.ts'
import { html, type Markup, table } from './markup.ts'

/** Round trips between the nodes, measured against asked: by region, the worst pair, and what faults asked for. */
export function roundTripsSection(roundTrips: RoundTripFidelity, runtime: string): Markup {
  const { pairs, unmeasured, errorMedianMs, errorMaxMs } = roundTrips
  const head = html`<h3>Round trips between nodes, measured against asked</h3>`
  if (runtime === 'simulated') {
    return html`${head}<p class="note">Not measured: in the simulator messages take exactly the time that was asked for.</p>`
  }
  if (pairs.length === 0) {
    return html`${head}<p class="note">No round trip was measured away from faults.</p>`
  }
  const plain = pairs.filter(({ shaped }) => !shaped)
  const shaped = pairs.filter((pair) => pair.shaped)
  const missing = unmeasured === 0 ? '' : ` ${plural(unmeasured, 'pair')} could not be measured.`
  return html`${head}
<p class="note">Measured all the time by the nodes' own heartbeats, program to program, on the connections under test: queues and event loops count. Away from cuts, losses and restarts, and for 3 s after them. Good is within 3 ms or 3 % of what was asked, whichever is more. Each field shows the pair of nodes that is furthest off.</p>
${matrix(plain)}
<p>Median deviation of a pair of nodes ${precise(errorMedianMs)}, largest ${precise(errorMaxMs)}. ${worst(pairs)}${missing}</p>
${shaped.length === 0 ? null : shapedTable(shaped)}`
}

/** A region pair is shown by the pair of nodes that deviates most. */
interface Cell {
  readonly pairs: number
  readonly samples: number
  readonly worst: PairFidelity
}

function cells(pairs: readonly PairFidelity[]): Map<string, Cell> {
  const found = new Map<string, Cell>()
  for (const pair of pairs) {
    for (const key of new Set([pair.regions.join('>'), pair.regions.toReversed().join('>')])) {
      const known = found.get(key)
      const worst = known === undefined || deviation(pair) > deviation(known.worst) ? pair : known.worst
      found.set(key, {
        pairs: (known?.pairs ?? 0) + 1,
        samples: (known?.samples ?? 0) + pair.samples,
        worst,
      })
    }
  }
  return found
}

function matrix(pairs: readonly PairFidelity[]): Markup {
  const found = cells(pairs)
  const regions = [...new Set(pairs.flatMap((pair) => pair.regions))]
  const columns = [
    { head: '', cell: (from: string) => from.replaceAll('_', ' ') },
    ...regions.map((to) => ({
      head: to.replaceAll('_', ' '),
      cell: (from: string) => cell(found.get(`${from}>${to}`)),
      figure: true,
    })),
  ]
  return table(columns, regions)
}

const marks: Readonly<Record<PairFidelity['verdict'], string>> = {
  ok: '',
  'too-fast': ' ✗ too fast',
  slow: ' ⚠ slow',
}

function cell(of: Cell | undefined): Markup | null {
  if (of === undefined) return null
  const { worst, pairs, samples } = of
  const title = `${plural(pairs, 'pair')} of nodes, ${number(samples)} round trips; shown: ${worst.nodes.join(' and ')}, shortest ${precise(worst.minMs)}`
  const mark = worst.verdict === 'ok' ? null : html`<b class="invalid">${marks[worst.verdict]}</b>`
  return html`<span title="${title}"><b>${precise(worst.medianMs)}</b>${mark}<br/><span class="soft">asked ${duration(worst.requestedMs)}</span></span>`
}

function worst(pairs: readonly PairFidelity[]): string {
  const pair = pairs.reduce((a, b) => (deviation(b) > deviation(a) ? b : a))
  const { nodes, requestedMs, medianMs, minMs, samples } = pair
  return `The worst are ${nodes.join(' and ')}: asked ${duration(requestedMs)}, median ${precise(medianMs)}, shortest ${precise(minMs)}, ${number(samples)} round trips.`
}

function shapedTable(pairs: readonly PairFidelity[]): Markup {
  const columns = [
    { head: 'nodes', cell: ({ nodes }: PairFidelity) => nodes.join(' and ') },
    { head: 'asked', cell: ({ requestedMs }: PairFidelity) => duration(requestedMs), figure: true },
    { head: 'median', cell: ({ medianMs }: PairFidelity) => precise(medianMs), figure: true },
    { head: 'shortest', cell: ({ minMs }: PairFidelity) => precise(minMs), figure: true },
    { head: 'round trips', cell: ({ samples }: PairFidelity) => number(samples), figure: true },
    {
      head: '',
      cell: ({ verdict }: PairFidelity) => (verdict === 'ok' ? 'as asked' : marks[verdict].trim()),
    },
  ]
  return html`<details><summary>Delays that a fault set: ${plural(pairs.length, 'pair')} of nodes</summary>${table(columns, pairs)}</details>`
}

/** A round trip needs its tenths. */
function precise(ms: number | null): string {
  return ms === null ? '–' : `${number(ms, 1)} ms`
}
