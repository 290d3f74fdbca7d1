import type { FaultAction } from '@groundwork/scenario'
import { describe, expect, test } from 'vitest'
import { type Analysis, analyze, type RoundTripCount, type TraceRecord } from '../src/index.ts'
import { killOf, partitionOf, readyMs, type SyntheticInit, synthetic } from './synthetic.ts'

type Measured = (count: RoundTripCount, node: string, peer: string, monoMs: number) => RoundTripCount

/** A made-up run in which the nodes measured something else. */
function run(init: SyntheticInit, measured: Measured = (count) => count): Analysis {
  const { plan, records } = synthetic({ durationMs: 25_000, ...init })
  const changed = records.map((r): TraceRecord => {
    if (r.kind !== 'round-trips') return r
    const peers = Object.entries(r.peers).map(
      ([peer, count]) => [peer, measured(count, r.node, peer, r.monoMs)] as const,
    )
    return { ...r, peers: Object.fromEntries(peers) }
  })
  return analyze(plan, changed)
}

const moved =
  (byMs: number): Measured =>
  ({ samples, minMs, medianMs }) => ({ samples, minMs: minMs + byMs, medianMs: medianMs + byMs })
const between = (a: string, b: string, node: string, peer: string) =>
  (node === a && peer === b) || (node === b && peer === a)
const during = (fromMs: number, toMs: number, monoMs: number) =>
  monoMs >= readyMs + fromMs && monoMs - 2000 <= readyMs + toMs
const only =
  (a: string, b: string, change: Measured): Measured =>
  (count, node, peer, monoMs) =>
    between(a, b, node, peer) ? change(count, node, peer, monoMs) : count

const nodes = (...names: string[]) => ({ kind: 'nodes', nodes: names }) as const

describe('round trips', () => {
  test('of every pair are held against the request', () => {
    const { fidelity, metrics, verdict } = run({})
    const { pairs, unmeasured } = fidelity.roundTrips
    expect(pairs).toHaveLength(21)
    expect(unmeasured).toBe(0)
    expect(pairs.find((pair) => pair.nodes.join() === 'v1,v6')).toEqual({
      nodes: ['v1', 'v6'],
      regions: ['N_Virginia', 'Mumbai'],
      requestedMs: 186,
      shaped: false,
      // eight a report, of which each of the two made twelve after readiness
      samples: 192 - 16,
      minMs: 186.5,
      medianMs: 187.5,
      verdict: 'ok',
    })
    expect(metrics).toMatchObject({ rttErrorMedianMs: 1.5, rttErrorMaxMs: 1.5 })
    expect([verdict, fidelity.grade]).toEqual(['pass', 'good'])
  })

  test('of the simulator are not measured, and nothing is wrong with that', () => {
    const { fidelity, metrics } = run({ runtime: 'simulated' })
    expect(fidelity.roundTrips).toEqual({ pairs: [], unmeasured: 21, errorMedianMs: null, errorMaxMs: null })
    expect(metrics.rttErrorMedianMs).toBeNull()
    expect(fidelity.grade).toBe('good')
  })

  test('that nobody measured in containers are said to be missing', () => {
    const { fidelity, verdict } = run({ runtime: 'docker' }, (count) => ({ ...count, samples: 0 }))
    expect(fidelity.findings[0]?.detail).toMatch(/^No round trip was measured/)
    expect([verdict, fidelity.grade]).toEqual(['pass', 'degraded'])
  })

  test.each(['process', 'docker'] as const)('that are too short make a run invalid (%s)', (runtime) => {
    const shorter = run({ runtime }, only('v4', 'v2', moved(-5)))
    expect(shorter.verdict).toBe('invalid')
    expect(shorter.reasons).toEqual([
      '1 of 21 pairs of nodes had round trips shorter than the network allows: delays were not in force. The worst was v2 and v4: 66 ms asked, median 62.5 ms, shortest 61.5 ms.',
    ])
    const once = run({ runtime }, (count, node, peer, ms) =>
      node === 'v4' && peer === 'v7' && ms === 10_000 ? { ...count, minMs: 80 } : count,
    )
    expect(once.reasons.join()).toContain('v4 and v7: 122 ms asked, median 123.5 ms, shortest 80 ms')
  })

  test('may be longer by 3 ms or 3 %, whichever is more', () => {
    const graded = (byMs: number, ...pair: [string, string]) =>
      run({ runtime: 'docker' }, only(...pair, moved(byMs))).fidelity.grade
    expect([1.4, 1.6, 4.4, 4.6].map((byMs) => graded(byMs, 'v1', 'v2'))).toEqual([
      'good',
      'degraded',
      'degraded',
      'bad',
    ])
    // 3 % of 186 ms are 5.6 ms.
    expect([4, 4.2, 9.6, 9.8].map((byMs) => graded(byMs, 'v1', 'v6'))).toEqual([
      'good',
      'degraded',
      'degraded',
      'bad',
    ])
  })

  test('may be a little longer between some nodes, but not between most', () => {
    const some = (count: number): Measured => {
      const pairs = [
        'v1,v2',
        'v1,v3',
        'v1,v4',
        'v1,v5',
        'v2,v3',
        'v2,v4',
        'v2,v5',
        'v3,v4',
        'v3,v5',
        'v4,v5',
        'v6,v7',
      ]
      const chosen = new Set(pairs.slice(0, count))
      return (it, node, peer, ms) =>
        chosen.has([node, peer].sort().join()) ? moved(2)(it, node, peer, ms) : it
    }
    expect(run({ runtime: 'docker' }, some(10)).verdict).toBe('pass')
    const { verdict, reasons } = run({ runtime: 'docker' }, some(11))
    expect(verdict).toBe('invalid')
    expect(reasons.join()).toContain('11 of 21 pairs of nodes had round trips longer than asked')
  })

  test('that a busy machine makes longer are named, and invalid only once they show nothing else', () => {
    const busy = run({}, moved(10))
    expect(busy.fidelity.grade).toBe('degraded')
    expect(busy.verdict).toBe('pass')
    expect(busy.fidelity.findings[0]?.detail).toMatch(/^21 of 21 pairs of nodes had round trips longer/)
    expect(run({}, moved(100)).verdict).toBe('invalid')
    expect(run({}, only('v1', 'v6', moved(500))).verdict).toBe('pass')
  })

  test('are judged by the middle of all samples, not of all reports', () => {
    const few = run({ runtime: 'docker' }, (count, _node, _peer, ms) =>
      ms % 4000 === 0 ? { ...moved(30)(count, '', '', 0), samples: 7 } : count,
    )
    expect(few.fidelity.grade).toBe('good')
    const many = run({ runtime: 'docker' }, (count, _node, _peer, ms) =>
      ms % 4000 === 0 ? { ...moved(30)(count, '', '', 0), samples: 60 } : count,
    )
    expect(many.fidelity.grade).toBe('bad')
  })

  test('too few to judge by are no measurement', () => {
    const { roundTrips } = run(
      {},
      only('v1', 'v2', (count) => ({ ...count, samples: 0 })),
    ).fidelity
    expect(roundTrips.pairs).toHaveLength(20)
    expect(roundTrips.unmeasured).toBe(1)
  })
})

describe('faults and round trips', () => {
  const one = (action: FaultAction) => [{ action, atMs: 8000, forMs: 6000, silenced: [] }]
  const cut = one(partitionOf(['v1'], ['v2', 'v3', 'v4', 'v5', 'v6', 'v7']))

  test('what a cut or a restart did to a pair says nothing', () => {
    for (const faults of [cut, one(killOf('v1'))]) {
      const wild = only('v1', 'v4', (count, _n, _p, ms) =>
        during(8000, 14_000 + 3000, ms) ? { ...count, minMs: 1, medianMs: 9999 } : count,
      )
      expect(run({ faults, runtime: 'docker' }, wild).fidelity.roundTrips.errorMaxMs).toBe(1.5)
    }
  })

  test('pairs that it did not touch go on being judged', () => {
    const slow = only('v2', 'v3', (count, n, p, ms) =>
      during(8000, 14_000, ms) ? moved(-10)(count, n, p, ms) : count,
    )
    expect(run({ faults: cut }, slow).reasons.join()).toContain('v2 and v3: 0 ms asked')
  })

  test('of a leader, whoever it was, leave out all nodes that took part', () => {
    const faults = one({ verb: 'partition', cut: 'blackhole', groups: [{ kind: 'leader' }, nodes('v2')] })
    const { plan, records } = synthetic({ faults, durationMs: 25_000 })
    const changed = records.map((r): TraceRecord => {
      if (r.kind === 'fault-began') return { ...r, nodes: ['v1', 'v2'] }
      if (r.kind !== 'round-trips' || r.node !== 'v1' || !during(8000, 14_000, r.monoMs)) return r
      return { ...r, peers: { v2: { samples: 8, minMs: 5000, medianMs: 5000 } } }
    })
    expect(analyze(plan, changed).fidelity.roundTrips.errorMaxMs).toBe(1.5)
  })

  const shaped = (set: Extract<FaultAction, { verb: 'shape' }>['set']) => ({
    faults: [
      {
        action: { verb: 'shape', from: nodes('v1'), to: nodes('v4', 'v5'), set } as const,
        atMs: 4000,
        forMs: 12_000,
        silenced: [],
      },
    ],
    runtime: 'docker' as const,
  })

  test('a delay that was changed is asked for while the change lasts', () => {
    const late = only('v1', 'v4', (count, n, p, ms) =>
      during(4000, 16_000 + 3000, ms) ? moved(67)(count, n, p, ms) : count,
    )
    const { fidelity } = run(shaped({ delayMs: 100 }), late)
    const of = (peer: string) =>
      fidelity.roundTrips.pairs.filter(({ nodes }) => nodes.join() === `v1,${peer}`)
    expect(
      of('v4').map(({ requestedMs, shaped, medianMs, verdict }) => [requestedMs, shaped, medianMs, verdict]),
    ).toEqual([
      [66, false, 67.5, 'ok'],
      [133, true, 134.5, 'ok'],
    ])
    expect(of('v5').find(({ shaped }) => shaped)).toMatchObject({ requestedMs: 133, verdict: 'too-fast' })
  })

  test('loss, jitter and rates say nothing about delays', () => {
    const { fidelity } = run(shaped({ delayMs: 100, lossRatio: 0.1 }))
    expect(fidelity.roundTrips.pairs.every(({ shaped }) => !shaped)).toBe(true)
    expect(fidelity.grade).toBe('good')
  })
})
