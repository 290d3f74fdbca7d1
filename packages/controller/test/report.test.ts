import { analyze, type TraceRecord } from '@groundwork/trace'
import { describe, expect, test } from 'vitest'
import { allSeven, killOf, partitionOf, type SyntheticInit, synthetic } from '../../trace/test/synthetic.ts'
import { emulatorStats } from '../src/emulator.ts'
import { renderReport } from '../src/report/index.ts'
import { metricGroups } from '../src/report/metric-names.ts'

const facts = {
  machine: {
    groundwork: '0.1.0',
    node: 'v24',
    commit: null,
    cores: 2,
    cpu: 'a processor',
    memoryMiB: 1,
    kernel: 'Linux',
  },
  real: 'the processes',
  emulated: 'the network',
  startedAt: '2025-01-02T03:04:05.678Z',
  endedAt: null,
}

const partition = {
  action: partitionOf(['v1', 'v2', 'v3'], ['v4', 'v5', 'v6', 'v7']),
  atMs: 5000,
  forMs: 6000,
  silenced: allSeven,
}

function report(
  init: SyntheticInit,
  change: (records: TraceRecord[]) => TraceRecord[] = (records) => records,
) {
  const { plan, records } = synthetic({ ratePerSecond: 10, ...init })
  const analysis = analyze(plan, change(records), { machine: { cores: 2 } })
  return { analysis, page: renderReport({ plan, analysis, facts }) }
}

/** The names of elements left open, or closed out of order. */
function unbalanced(page: string): string[] {
  const open: string[] = []
  const wrong: string[] = []
  const inner = page.replace(/<style>[\s\S]*?<\/style>/, '').replace('<!doctype html>', '')
  for (const [, close, name, rest] of inner.matchAll(/<(\/?)([a-zA-Z][a-zA-Z0-9]*)((?:"[^"]*"|[^">])*)>/g)) {
    if (close === '/') {
      if (open.pop() !== name) wrong.push(name!)
    } else if (!rest!.endsWith('/')) open.push(name!)
  }
  return [...wrong, ...open]
}

describe.each<[string, SyntheticInit, (records: TraceRecord[]) => TraceRecord[]]>([
  ['no fault', {}, (records) => records],
  ['a partition', { faults: [partition] }, (records) => records],
  [
    'many faults',
    {
      faults: [0, 1, 2, 3].map((i) => ({
        action: killOf(`v${i + 1}`),
        atMs: 1000 + 3000 * i,
        forMs: 1500,
        silenced: [`v${i + 1}`],
      })),
    },
    (records) => records,
  ],
  ['twins', { twins: ['v1'] }, (records) => records],
  ['one region, no delay', { regions: { here: 4 }, delays: {} }, (records) => records],
  ['never ready', {}, (records) => records.filter((r) => r.kind !== 'network-ready')],
  ['nothing finalized', {}, (records) => records.filter((r) => r.kind !== 'finalized')],
  ['no node log', {}, (records) => records.filter((r) => r.node === 'controller')],
  ['nothing at all', {}, () => []],
])('the report of a run with %s', (_, init, change) => {
  const { page, analysis } = report(init, change)

  test('is one well-formed page that loads nothing', () => {
    expect(unbalanced(page)).toEqual([])
    expect(page).not.toMatch(/<script|<link|<img|@import|url\(|https?:/)
    expect(page).not.toMatch(/NaN|undefined|Infinity|\[object/)
  })

  test('says the verdict, every reason and every check', () => {
    const text = page.replaceAll('&#39;', "'").replaceAll('&amp;', '&')
    expect(text).toContain(`class="verdict ${analysis.verdict}"`)
    for (const reason of analysis.reasons) expect(text).toContain(reason)
    for (const { check, detail } of analysis.checks) {
      expect(text).toContain(`>${check}</code>`)
      expect(text).toContain(detail)
    }
  })
})

test('every metric has its place in the report', () => {
  const { analysis } = report({})
  const shown = metricGroups.flatMap(({ metrics }) => metrics.map(([name]) => name))
  expect([...shown, 'nodes'].sort()).toEqual(Object.keys(analysis.metrics).sort())
})

describe('the certificate', () => {
  const text = (page: string) => page.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ')

  test('shows round trips by region: of the pair that is furthest off, with what was asked', () => {
    const { page } = report({}, (records) =>
      records.map((r) => {
        if (r.kind !== 'round-trips' || r.node !== 'v3') return r
        return { ...r, peers: { ...r.peers, v6: { samples: 80, minMs: 187, medianMs: 200.25 } } }
      }),
    )
    expect(text(page)).toContain(
      'N Virginia 1.5 ms asked 0 ms 67.5 ms asked 66 ms 200.3 ms ⚠ slow asked 186 ms',
    )
    expect(text(page)).toContain('The worst are v3 and v6: asked 186 ms, median 200.3 ms, shortest 186.5 ms')
  })

  test('says that the simulator measures none', () => {
    const { page } = report({ runtime: 'simulated' })
    expect(text(page)).toContain('Not measured: in the simulator messages take exactly the time')
  })

  test('shows what the emulator said of itself', () => {
    const { plan, records } = synthetic({ runtime: 'docker' })
    const measures = {
      routerForMs: 20_000,
      routerPackets: 12_345,
      routerPacketsPerSecond: 617.25,
      routerDropped: 7,
      routerDroppedCut: 4,
      routerDroppedOverload: 3,
      routerLatenessP50Ms: 0.2,
      routerLatenessP99Ms: 1.5,
      routerLatenessMaxMs: 30,
      routerSaturatedSeconds: 1,
      routerCpuMs: 1500,
    }
    const emulator = emulatorStats(measures)
    const analysis = analyze(plan, records, { emulator })
    const shown = text(renderReport({ plan, analysis, facts: { ...facts, measures } }))
    expect(shown).toContain('packets through the router 12,345, 617 a second')
    expect(shown).toContain('packets dropped 7: 4 by cuts, 3 by overload')
    expect(shown).toContain('packets later than asked 0.2 ms median, 1.5 ms in 99 %, 30 ms at worst')
    expect(shown).toContain('emulator saturated 1 of 20 seconds')
    expect(shown).toContain('lost 3 packets of 12345 because it could not keep up')
  })
})

test('text from scenarios and logs is text', () => {
  const description = '<script>alert("1")</script> & more'
  const { page } = report({ description })
  expect(page).not.toContain('<script')
  expect(page).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; more')
})

test('shades a fault window where it was', () => {
  const { page } = report({ faults: [partition] })
  const bands = [...page.matchAll(/<rect class="stop" x="([\d.]+)" y="[\d.]+" width="([\d.]+)"/g)]
  expect(bands.length).toBeGreaterThanOrEqual(4)
  // 22 s (from 2 s before readiness) on 950 pixels from 78: 5 s and 6 s later.
  for (const [, x, width] of bands) {
    expect(Number(x)).toBeCloseTo(78 + (950 * 7) / 22, 0)
    expect(Number(width)).toBeCloseTo((950 * 6) / 22, 0)
  }
})

test('what waits for ever is shown as waiting', () => {
  const never = { ...partition, forMs: null }
  const { page, analysis } = report({ faults: [never] }, (records) =>
    [
      ...records,
      ...Array.from({ length: 40 }, (_, i) => {
        const base = { v: 1, node: 'controller', monoMs: 9000 + i, wallMs: 9000 + i } as const
        return {
          ...base,
          kind: 'submitted',
          transaction: `${10 + i}`,
          to: 'v1',
          accepted: true,
          reason: null,
        } as const
      }),
    ].sort((a, b) => a.monoMs - b.monoMs),
  )
  expect(analysis.metrics.transactionsPending).toBeGreaterThanOrEqual(40)
  expect(page).toContain(`${analysis.metrics.transactionsPending} still waited when the run ended`)
})
