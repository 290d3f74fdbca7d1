import { describe, expect, test } from 'vitest'
import { analyze, metricsCsv } from '../src/index.ts'
import { allSeven, killOf, name, partitionOf, readyMs, record, synthetic } from './synthetic.ts'

const partition = {
  action: partitionOf(['v1', 'v2', 'v3'], ['v4', 'v5', 'v6', 'v7']),
  atMs: 5000,
  forMs: 10_000,
  silenced: allSeven,
  recoverMs: 700,
}

describe('finality', () => {
  test('at the bound: the medians are equal; twice as slow: twice the bound', () => {
    for (const factor of [1, 2]) {
      const { plan, records } = synthetic({ factor, viewMs: 500 })
      const { metrics } = analyze(plan, records)
      expect(metrics.finalityOverBound).toBe(factor)
      expect(metrics.finalityP50Ms).toBe(factor * metrics.networkBoundP50Ms!)
      expect(metrics.finalityP50Ms!).toBeLessThanOrEqual(metrics.finalityP90Ms!)
      expect(metrics.finalityMaxMs).toBeLessThan(factor * 3 * 93 + 1)
    }
  })

  test('the headline leaves out faults and the recovery from them, the rest does not', () => {
    const isolated = {
      ...partition,
      action: partitionOf(['v6', 'v7'], ['v1', 'v2', 'v3', 'v4', 'v5']),
      silenced: ['v6', 'v7'],
    }
    const { plan, records } = synthetic({ faults: [isolated] })
    const { metrics } = analyze(plan, records)
    expect(metrics.finalityMaxMs!).toBeLessThan(300)
    expect(metrics.finalityAllMaxMs!).toBeGreaterThan(9000)
    expect(metrics.finalityPairs).toBeLessThan(metrics.finalityAllPairs)
  })

  test('blocks from before readiness do not count in the headline', () => {
    const { plan, records } = synthetic()
    const early = records.filter((r) => r.kind === 'proposed' && r.monoMs < readyMs).length
    const { metrics } = analyze(plan, records)
    expect(early).toBeGreaterThan(0)
    expect(metrics.finalityAllPairs - metrics.finalityPairs).toBe(7 * early)
  })
})

describe('progress', () => {
  test('gap, startup, heights', () => {
    const { plan, records } = synthetic({ faults: [partition], durationMs: 30_000 })
    const { metrics } = analyze(plan, records)
    // The last block before the cut was proposed at most one view before it; the next comes 700 ms after the heal.
    expect(metrics.finalityGapMs!).toBeGreaterThan(10_500)
    expect(metrics.finalityGapMs!).toBeLessThan(11_200)
    expect(metrics.startupToFirstFinalityMs).toBe(2200 + 66 - 1000)
    expect(metrics.startupToReadyMs).toBe(2000)
    expect(metrics.blocksFinalized).toBe(metrics.heightMax)
    expect(metrics.forkedBlocks).toBe(0)
    expect(metrics.viewsSkipped).toBe(0)
  })

  test('a network that stops for good: the gap lasts until the end', () => {
    const { plan, records } = synthetic({ faults: [{ ...partition, forMs: null }], durationMs: 20_000 })
    const { metrics } = analyze(plan, records)
    expect(metrics.finalityGapMs!).toBeGreaterThan(14_700)
    expect(metrics.recoveryFirstFinalityMs).toBeNull()
  })
})

describe('recovery', () => {
  test('phases of a partition that stopped finality', () => {
    const { plan, records } = synthetic({ faults: [partition], durationMs: 30_000, ratePerSecond: 10 })
    const healed = readyMs + 15_000
    const peers = [
      record('v1', readyMs + 6000, { kind: 'peer-down', peer: 'v4', reason: 'heartbeat' }),
      record('v4', readyMs + 6000, { kind: 'peer-down', peer: 'v1', reason: 'heartbeat' }),
      record('v4', healed + 120, { kind: 'peer-up', peer: 'v1' }),
      record('v1', healed + 150, { kind: 'peer-up', peer: 'v4' }),
    ]
    const merged = [...records, ...peers].sort((a, b) => a.monoMs - b.monoMs)
    const { recovery, metrics } = analyze(plan, merged)
    expect(recovery).toHaveLength(1)
    const { phases, backlog, hindered } = recovery[0]!
    expect(hindered).toBe(false)
    expect(recovery[0]!.healedMs).toBe(15_000)
    expect(phases.firstReconnectMs).toBe(120)
    expect(phases.peersRestoredMs).toBe(150)
    // Seven leaders of equal weight: whoever is in turn, its block is first final 66 to 126 ms after the proposal.
    expect(phases.firstFinalityMs!).toBeGreaterThanOrEqual(700 + 66)
    expect(phases.firstFinalityMs!).toBeLessThanOrEqual(700 + 126)
    expect(phases.firstViewMs).toBe(phases.firstFinalityMs)
    expect(phases.allFinalizingMs!).toBeGreaterThan(phases.firstFinalityMs!)
    expect(phases.backlogDrainedMs).toBe(phases.firstFinalityMs)
    expect(backlog.waiting).toBeGreaterThanOrEqual(100)
    expect(backlog.lost).toBe(0)
    expect(phases.latencyNormalMs).toBe(phases.firstFinalityMs)
    expect(metrics.recoveryFirstFinalityMs).toBe(phases.firstFinalityMs)
  })

  test('a connection that drops again at once does not count as restored', () => {
    const { plan, records } = synthetic({ faults: [partition], durationMs: 30_000 })
    const healed = readyMs + 15_000
    const change = (ms: number, kind: 'peer-up' | 'peer-down') =>
      record('v1', ms, kind === 'peer-up' ? { kind, peer: 'v4' } : { kind, peer: 'v4', reason: 'x' })
    const peers = [
      change(readyMs + 6000, 'peer-down'),
      change(healed + 100, 'peer-up'),
      change(healed + 300, 'peer-down'),
      change(healed + 900, 'peer-up'),
    ]
    const { recovery } = analyze(
      plan,
      [...records, ...peers].sort((a, b) => a.monoMs - b.monoMs),
    )
    expect(recovery[0]!.phases.firstReconnectMs).toBe(100)
    expect(recovery[0]!.phases.peersRestoredMs).toBe(900)
  })

  test('blocks that a cut-off node catches up on are no new finality; the phase of all nodes shows them', () => {
    const action = partitionOf(['v6', 'v7'], ['v1', 'v2', 'v3', 'v4', 'v5'])
    const { plan, records } = synthetic({
      faults: [{ ...partition, action, silenced: ['v6', 'v7'], recoverMs: 2400 }],
      durationMs: 30_000,
    })
    const { phases } = analyze(plan, records).recovery[0]!
    expect(phases.firstFinalityMs!).toBeLessThan(1500)
    expect(phases.allFinalizingMs!).toBeLessThan(2700)
  })

  test('heals under another fault that stops finality are hindered; the next fault ends observation', () => {
    const inner = { ...partition, atMs: 6000, forMs: 2000 }
    const { plan, records } = synthetic({ faults: [partition, inner], durationMs: 30_000 })
    const { recovery, metrics } = analyze(plan, records)
    expect(recovery.map(({ fault, hindered }) => [fault, hindered])).toEqual([
      ['1-partition', false],
      ['2-partition', true],
    ])
    expect(metrics.recoveryFirstFinalityMs).toBe(recovery[0]!.phases.firstFinalityMs)
    expect(recovery[1]!.phases.firstFinalityMs!).toBeGreaterThan(7000)
  })

  test('elevated latency after the heal is not normal until it is back', () => {
    const slow = synthetic({ faults: [partition], durationMs: 30_000, factor: 1 })
    const until = readyMs + 20_000
    const records = slow.records.map((r) => {
      const late = r.kind === 'finalized' && r.monoMs > readyMs + 15_000 && r.monoMs < until
      return late ? { ...r, monoMs: r.monoMs + 200 } : r
    })
    const { phases } = analyze(
      slow.plan,
      records.sort((a, b) => a.monoMs - b.monoMs),
    ).recovery[0]!
    expect(phases.latencyNormalMs!).toBeGreaterThan(4000)
    expect(phases.latencyNormalMs!).toBeLessThan(6500)
  })
})

describe('transactions', () => {
  test('submitted = finalized + rejected + pending, and pending ones hold the quantiles up', () => {
    const { plan, records } = synthetic({ ratePerSecond: 10 })
    const submit = (id: string, ms: number, accepted: boolean) =>
      record('controller', ms, {
        kind: 'submitted',
        transaction: name(id),
        to: 'v1',
        accepted,
        reason: accepted ? null : 'full',
      })
    const lost = Array.from({ length: 300 }, (_, i) => submit(`lost ${i}`, readyMs + 1000 + i, true))
    const refused = [submit('refused', readyMs + 500, false)]
    const plain = analyze(plan, records).metrics
    const { metrics } = analyze(
      plan,
      [...records, ...lost, ...refused].sort((a, b) => a.monoMs - b.monoMs),
    )
    expect(metrics.transactionsSubmitted).toBe(plain.transactionsSubmitted + 301)
    expect(metrics.transactionsRejected).toBe(1)
    expect(metrics.transactionsPending).toBe(plain.transactionsPending + 300)
    expect(metrics.transactionsFinalized).toBe(plain.transactionsFinalized)
    expect(metrics.transactionsSubmitted).toBe(
      metrics.transactionsFinalized + metrics.transactionsRejected + metrics.transactionsPending,
    )
    expect(plain.transactionP50Ms).not.toBeNull()
    expect(metrics.transactionP50Ms).toBeNull()
    expect(metrics.transactionPendingMaxMs).toBe(19_000)
    expect(metrics.transactionMaxMs).toBe(plain.transactionMaxMs)
  })

  test('a transaction that one node refused and another took counts once, as what became of it', () => {
    const { plan, records } = synthetic({ ratePerSecond: 10 })
    const first = records.find((r) => r.kind === 'submitted')!
    const refusal = { ...first, monoMs: first.monoMs - 0.5, accepted: false, reason: 'busy' }
    const { metrics } = analyze(
      plan,
      [refusal, ...records].sort((a, b) => a.monoMs - b.monoMs),
    )
    expect(metrics.transactionsRejected).toBe(0)
    expect(metrics.transactionsSubmitted).toBe(records.filter((r) => r.kind === 'submitted').length)
  })
})

describe('resources and nodes', () => {
  test('maxima, per node and for all', () => {
    const { plan, records } = synthetic({
      faults: [{ action: killOf('v7'), atMs: 4000, forMs: 4000, silenced: ['v7'] }],
    })
    const { metrics } = analyze(plan, records)
    expect(metrics.rssMaxMiB).toBe(106)
    expect(metrics.pssMaxMiB).toBe(66)
    expect(metrics.cpuShareMean).toBe(0.1)
    expect(metrics.loopLagMsMax).toBe(11)
    expect(metrics.nodes.map(({ node, rssMaxMiB }) => [node, rssMaxMiB])).toContainEqual(['v3', 102])
    expect(metrics.viewsSkipped).toBeGreaterThan(0)
    expect(metrics.nodes.find(({ node }) => node === 'v7')!.finalityGapMs!).toBeGreaterThan(4000)
  })

  test('csv: one row for each metric and for each metric of a node, unknown is empty', () => {
    const { plan, records } = synthetic()
    const rows = metricsCsv(analyze(plan, records).metrics).trimEnd().split('\r\n')
    expect(rows[0]).toBe('metric,node,value')
    expect(rows).toContain('finalityGapMs,,310')
    expect(rows).toContain('recoveryFirstFinalityMs,,')
    expect(rows).toContain('rssMaxMiB,v2,101')
    expect(new Set(rows.map((row) => row.split(',').length))).toEqual(new Set([3]))
  })
})

describe('another history', () => {
  /** v7 starts anew at 12 s and finalizes from height 1 on what it is shown. */
  const returned = (hashOf: (height: number, hash: string) => string, seized: readonly string[] = []) => {
    const { plan, records } = synthetic()
    const whole = records.filter((r) => r.node === 'v1' && r.kind === 'finalized' && r.monoMs < 10_000)
    const start = records.find((r) => r.node === 'v7' && r.kind === 'node-started')!
    const again = whole.map((r) => {
      if (r.kind !== 'finalized') throw new Error('finalized records only')
      return { ...r, node: 'v7', monoMs: 12_001, hash: hashOf(r.height, r.hash) }
    })
    const target = { kind: 'nodes', nodes: seized } as const
    const action = { verb: 'seize-keys', target, use: 'rewrite', depth: null, reach: null } as const
    const fault = { id: '1-seize-keys', atMs: 8000, forMs: null, action }
    const began = record('controller', 11_000, {
      kind: 'fault-began',
      fault: fault.id,
      verb: action.verb,
      nodes: seized,
      detail: '',
      stopsFinality: false,
    })
    const before = records.filter((r) => r.node !== 'v7' || r.monoMs < 11_000)
    const log = [...before, began, { ...start, monoMs: 12_000 }, ...again].sort((a, b) => a.monoMs - b.monoMs)
    return analyze({ ...plan, timeline: [fault] }, log).metrics.rewrittenNodes
  }

  test('counts a node that finalizes something else where a block had been final before it started', () => {
    expect(returned((_, hash) => hash)).toBe(0)
    expect(returned((height, hash) => (height > 1 ? name(`other ${height}`) : hash))).toBe(1)
  })

  test('does not count whoever has the keys', () => {
    expect(returned((height) => name(`other ${height}`), ['v7'])).toBe(0)
  })

  test('does not count a fork of nodes that ran all the time', () => {
    const { plan, records } = synthetic()
    const forked = records.map((r) =>
      r.node === 'v7' && r.kind === 'finalized' && r.height > 2
        ? { ...r, hash: name(`fork ${r.height}`) }
        : r,
    )
    expect(analyze(plan, forked).metrics).toMatchObject({ rewrittenNodes: 0 })
    expect(analyze(plan, forked).metrics.forkedBlocks).toBeGreaterThan(0)
  })
})
