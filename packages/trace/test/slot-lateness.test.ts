import { expect, test } from 'vitest'
import { hybridLog, judge } from './hybrid-log.ts'
import { readyMs } from './synthetic.ts'

const slotMs = 250
const endMs = readyMs + 40_000
const genesisMs = 1000
/** Slots up to the end, each known by the first farmer so late; the second farmer is always 30 ms behind. */
function run(lateMs: (slot: number) => number, change: Parameters<typeof hybridLog>[0] = {}) {
  const more: [string, number, { kind: 'slot-proof'; slot: number; lateMs: number }][] = []
  for (let slot = 1; genesisMs + slot * slotMs + lateMs(slot) + 30 < endMs; slot++) {
    const late = lateMs(slot)
    const atMs = genesisMs + slot * slotMs + late
    more.push(['f1', atMs, { kind: 'slot-proof', slot, lateMs: late }])
    more.push(['f2', atMs + 30, { kind: 'slot-proof', slot, lateMs: late + 30 }])
  }
  const log = hybridLog({ ...change, more: [...(change.more ?? []), ...more] })
  return { plan: log.plan, records: log.records.toSorted((a, b) => a.monoMs - b.monoMs) }
}
const slotsOf = (log: ReturnType<typeof run>) => {
  const { verdict, reasons, fidelity } = judge(log)
  return { verdict, reasons, grade: fidelity.grade, slots: fidelity.slots }
}

test('slots that come in time say so', () => {
  const { verdict, grade, slots } = slotsOf(run(() => 90))
  expect({ verdict, grade }).toEqual({ verdict: 'pass', grade: 'good' })
  expect(slots).toMatchObject({ p95Ms: 90, maxMs: 90, staleMs: 6000 })
  expect(slots!.slots).toBeGreaterThan(150)
})

test('one slot later than the age at which validators stop makes the run invalid', () => {
  expect(slotsOf(run((slot) => (slot === 60 ? 5999 : 90))).verdict).toBe('pass')
  expect(slotsOf(run((slot) => (slot === 60 ? 6000 : 90)))).toMatchObject({
    verdict: 'invalid',
    reasons: [
      'A slot of 250 ms was known 6.00 s late (validators stop at 6.00 s): the machine was too slow for its timelords.',
    ],
  })
})

test('one slot in twenty beyond half of that does, too; a little late degrades', () => {
  expect(slotsOf(run((slot) => (slot % 10 === 0 ? 3001 : 90)))).toMatchObject({
    verdict: 'invalid',
    reasons: [
      'One slot of 250 ms in twenty was known 3.00 s late or later (validators stop at 6.00 s): the machine was too slow for its timelords.',
    ],
  })
  expect(slotsOf(run((slot) => (slot % 30 === 0 ? 3001 : 90))).grade).toBe('good')
  expect(slotsOf(run((slot) => (slot % 10 === 0 ? 600 : 90)))).toMatchObject({
    verdict: 'pass',
    grade: 'degraded',
  })
})

test('slots that were not known at the end count as late as they were by then', () => {
  const stopped = run((slot) => (slot > 120 ? 1e9 : 90))
  expect(slotsOf(stopped).verdict).toBe('invalid')
  expect(slotsOf(stopped).slots!.maxMs).toBe(endMs - genesisMs - 121 * slotMs)
})

test('an overloaded machine excuses RECORDED and missing finality, and no fork', () => {
  const late = (slot: number) => (slot > 60 && slot < 100 ? 7000 : 90)
  const check = { check: 'finality-gap' as const, maxMs: 1, nodes: null }
  const slow = slotsOf(run(late, { checks: [check] }))
  expect(slow.verdict).toBe('invalid')
  const supply = { total: '999', staked: '7', slashed: '0', leaked: '0', fees: '0' }
  expect(slotsOf(run(late, { supplies: { 32: supply } })).verdict).toBe('fail')
})

test('without a timelord there is no slot: neither then nor while it catches up', () => {
  const kill = (nodes: string[]) => ({
    action: { verb: 'kill' as const, target: { kind: 'nodes' as const, nodes } },
    atMs: 10_000,
    forMs: 8000,
    silenced: [],
  })
  const downMs = readyMs + 10_000
  const late = (slot: number) => {
    const ms = genesisMs + slot * slotMs
    if (ms < downMs || ms > downMs + 16_000) return 90
    return Math.max(90, (downMs + 16_000 - ms) / 2)
  }
  // f1 is the only timelord.
  expect(slotsOf(run(late, { faults: [kill(['f1'])] })).grade).toBe('good')
  expect(slotsOf(run(late, { faults: [kill(['f2'])] })).verdict).toBe('invalid')
})

test("a farmer's own clock is taken out, and a simulated one is nobody's fault", () => {
  const ahead = run(() => 90)
  const skewed = {
    plan: {
      ...ahead.plan,
      nodes: ahead.plan.nodes.map((node) => (node.role === 'farmer' ? { ...node, skewMs: 7000 } : node)),
    },
    records: ahead.records.map((one) =>
      one.kind === 'slot-proof' ? { ...one, lateMs: one.lateMs + 7000 } : one,
    ),
  }
  expect(slotsOf(skewed).slots).toMatchObject({ maxMs: 90 })
  expect(slotsOf(run(() => 9000, { runtime: 'simulated' })).slots).toBeNull()
})
