import { describe, expect, test } from 'vitest'
import {
  type Analysis,
  type AnalyzeOptions,
  analyze,
  exitCodes,
  judge,
  type TraceRecord,
} from '../src/index.ts'
import { killOf, name, readyMs, record, type SyntheticInit, synthetic } from './synthetic.ts'

type Change = (records: readonly TraceRecord[]) => readonly TraceRecord[]

function run(
  init: SyntheticInit,
  change: Change = (records) => records,
  options: AnalyzeOptions = {},
): Analysis {
  const { plan, records } = synthetic({ durationMs: 25_000, ...init })
  return analyze(
    plan,
    [...change(records)].sort((a, b) => a.monoMs - b.monoMs),
    options,
  )
}

const kill = { action: killOf('v7'), atMs: 4000, forMs: 4000, silenced: ['v7'] }
const gap = { check: 'finality-gap', maxMs: 1, nodes: null } as const

describe('worst wins', () => {
  const check = (verdict: 'pass' | 'fail' | 'invalid', concerns: 'safety' | 'liveness', detail: string) =>
    ({ check: 'liveness', verdict, concerns, detail }) as const
  const bad = { findings: [{ grade: 'bad', detail: 'slow machine' }] } as const
  const good = { findings: [{ grade: 'degraded', detail: 'a hiccup' }] } as const

  test('a fork stands whatever the machine did; a missed bound does not', () => {
    expect(judge([check('pass', 'safety', 'p')], good)).toEqual({ verdict: 'pass', reasons: [] })
    expect(judge([check('fail', 'liveness', 'late')], good)).toEqual({ verdict: 'fail', reasons: ['late'] })
    expect(judge([check('fail', 'liveness', 'late')], bad)).toEqual({
      verdict: 'invalid',
      reasons: ['slow machine', 'late'],
    })
    const forked = [check('fail', 'liveness', 'late'), check('fail', 'safety', 'fork')]
    expect(judge(forked, bad)).toEqual({ verdict: 'fail', reasons: ['fork', 'late', 'slow machine'] })
    expect(judge([check('pass', 'safety', 'p')], bad)).toEqual({
      verdict: 'invalid',
      reasons: ['slow machine'],
    })
    expect(judge([check('invalid', 'liveness', 'no heal')], good)).toEqual({
      verdict: 'invalid',
      reasons: ['no heal'],
    })
  })

  test('exit codes', () => expect(exitCodes).toEqual({ pass: 0, fail: 1, invalid: 2 }))
})

describe('fidelity', () => {
  test.each<[string, Change, RegExp]>([
    ['no log of a node', (records) => records.filter((r) => r.node !== 'v4'), /no event log of v4/],
    ['never ready', (records) => records.filter((r) => r.kind !== 'network-ready'), /never became ready/],
    ['no end', (records) => records.filter((r) => r.kind !== 'run-ended'), /end of the run was not recorded/],
    [
      'an exit nobody asked for',
      (records) => [
        ...records,
        record('controller', 9000, {
          kind: 'node-exited',
          target: 'v2',
          code: null,
          signal: 'SIGSEGV',
          expected: false,
        }),
      ],
      /v2 exited by SIGSEGV, 6\.00 s after the network was ready/,
    ],
    [
      'a stop nobody asked for',
      (records) => [...records, record('v2', 9000, { kind: 'node-stopped', reason: 'port in use' })],
      /v2 stopped \(port in use\)/,
    ],
    ['silence', (records) => records.filter((r) => r.node !== 'v2' || r.monoMs < 15_000), /v2 fell silent/],
    [
      'a wall clock that jumps',
      (records) => records.map((r) => (r.monoMs > 15_000 ? { ...r, wallMs: r.wallMs + 60_000 } : r)),
      /wall clock jumped by 60\.0 s/,
    ],
    [
      'event loops that are late again and again',
      (records) => records.map((r) => (r.kind === 'resources' ? { ...r, loopLagMsMax: 400 } : r)),
      /late by 400 ms in one second of twenty/,
    ],
    [
      'delays that are not there',
      (records) => records.map((r) => (r.kind === 'proposal-received' ? { ...r, monoMs: r.monoMs - 20 } : r)),
      /faster than the emulated network allows/,
    ],
  ])('%s: invalid', (_, change, reason) => {
    const analysis = run({}, change)
    expect(analysis.reasons.join(' ')).toMatch(reason)
    expect(analysis.verdict).toBe('invalid')
  })

  test('what a fault asked for is no reason: killed and restarted, or killed for good', () => {
    const { epoch } = synthetic().records.find((r) => r.kind === 'node-started')!
    const started = {
      kind: 'node-started',
      validator: 6,
      signatures: 'ed25519',
      pid: 1,
      epoch,
      byzantine: [],
    } as const
    const restart: Change = (records) => [...records, record('v7', readyMs + 8200, started)]
    expect(run({ faults: [kill] }, restart)).toMatchObject({ verdict: 'pass', reasons: [] })
    const silent: Change = (records) => records.filter((r) => r.node !== 'v7' || r.monoMs < readyMs + 4000)
    expect(run({ faults: [{ ...kill, forMs: null }] }, silent)).toMatchObject({
      verdict: 'pass',
      reasons: [],
    })
    expect(run({}, restart).reasons.join()).toContain('v7 was started again')
  })

  test('the lag of a paused process is not the machine', () => {
    const pause = { ...kill, action: { ...kill.action, verb: 'pause' as const } }
    const lagging: Change = (records) =>
      records.map((r) =>
        r.node === 'v7' && r.kind === 'resources' && r.monoMs === readyMs + 8000
          ? { ...r, loopLagMsMax: 4000 }
          : r,
      )
    const analysis = run({ faults: [pause as typeof kill] }, lagging)
    expect(analysis.fidelity.grade).toBe('good')
    expect(analysis.fidelity.loopLagMsMax).toBe(11)
  })

  test('one hiccup degrades, and the verdict stands', () => {
    const hiccup: Change = (records) =>
      records.map((r) =>
        r.kind === 'resources' && r.node === 'v3' && r.monoMs === 12_000 ? { ...r, loopLagMsMax: 600 } : r,
      )
    const analysis = run({}, hiccup)
    expect(analysis.verdict).toBe('pass')
    expect(analysis.fidelity.grade).toBe('degraded')
  })

  test('loops that are late all the time, and links that are slow, degrade', () => {
    const lagging: Change = (records) =>
      records.map((r) => (r.kind === 'resources' ? { ...r, loopLagMsMax: 60 } : r))
    expect(run({}, lagging).fidelity).toMatchObject({ grade: 'degraded', loopLagP95Ms: 60 })
    const slow: Change = (records) =>
      records.map((r) => (r.kind === 'proposal-received' ? { ...r, monoMs: r.monoMs + 80 } : r))
    const { fidelity, verdict } = run({}, slow)
    expect(fidelity.findings.map(({ detail }) => detail).join()).toMatch(/Between [89] of 9 pairs of regions/)
    expect(verdict).toBe('pass')
  })

  test('saturation is judged against the cores that there are', () => {
    const busy: Change = (records) =>
      records.map((r) => (r.kind === 'resources' ? { ...r, cpuShare: 0.27 } : r))
    expect(run({}, busy, { machine: { cores: 2 } }).reasons.join()).toContain(
      'processors were saturated in 100 %',
    )
    expect(run({}, busy, { machine: { cores: 4 } }).verdict).toBe('pass')
    expect(run({}, busy).fidelity.saturatedShare).toBeNull()
  })

  test('an emulator that cannot keep up is named, and excused only for a while', () => {
    const emulator = { forMs: 25_000, packets: 100_000, overloaded: 0, saturatedSeconds: 0 }
    const graded = (change: Partial<typeof emulator>) => {
      const { fidelity } = run({}, undefined, { emulator: { ...emulator, ...change } })
      return [fidelity.grade, ...fidelity.findings.map(({ detail }) => detail)]
    }
    expect(graded({})).toEqual(['good'])
    expect(graded({ saturatedSeconds: 6 })).toEqual([
      'degraded',
      'The emulator of the network was saturated in 6 of 25 seconds: there it decided what arrived when.',
    ])
    expect(graded({ saturatedSeconds: 7 })[0]).toBe('bad')
    expect(graded({ overloaded: 100 })).toEqual([
      'degraded',
      'The emulator of the network lost 100 packets of 100000 because it could not keep up.',
    ])
    expect(graded({ overloaded: 101 })[0]).toBe('bad')
  })

  test('a machine at fault makes a missed bound invalid, and leaves a fork a failure', () => {
    const late: Change = (records) =>
      records.map((r) => (r.kind === 'resources' ? { ...r, loopLagMsMax: 400 } : r))
    expect(run({ checks: [gap] }).verdict).toBe('fail')
    expect(run({ checks: [gap] }, late).verdict).toBe('invalid')
    const fork: Change = (records) => {
      const [one] = records.filter((r) => r.kind === 'finalized' && r.height === 4 && r.node === 'v1')
      return [...late(records), { ...one!, hash: name('fork') } as TraceRecord]
    }
    expect(run({ checks: [gap] }, fork).verdict).toBe('fail')
  })

  test('the relay table is measured: each pair of regions, requested against observed', () => {
    const { links } = run({}).fidelity
    expect(links.find(({ from, to }) => from === 'Ireland' && to === 'Mumbai')).toMatchObject({
      requestedMs: 61,
      verdict: 'ok',
    })
    expect(links).toHaveLength(9)
  })

  test('unreadable lines degrade, torn ones are only counted', () => {
    const problems = [
      { kind: 'truncated', line: 1, detail: '' },
      { kind: 'malformed', line: 2, detail: '' },
    ] as const
    const { fidelity, verdict } = run({}, undefined, { problems })
    expect(fidelity.problems).toEqual({ truncated: 1, malformed: 1 })
    expect(fidelity.grade).toBe('degraded')
    expect(verdict).toBe('pass')
  })
})
