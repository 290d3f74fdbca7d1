import { expect, test } from 'vitest'
import { checkOblivious, type LoggedRun, type TraceRecord } from '../src/index.ts'
import { hybridLog, physicalHash } from './hybrid-log.ts'
import { name, readyMs } from './synthetic.ts'

/** The made-up hybrid run with its blocks; `change`: what a farmer writes of the block at a height. */
function run(change: (height: number) => { slot?: number; plot?: string } = () => ({})): LoggedRun {
  const more = Array.from({ length: 60 }, (_, i) => {
    const height = i + 1
    const block = { height, hash: physicalHash(height), slot: height, plot: name('plot'), items: 0 }
    return ['f1', readyMs + height * 500, { kind: 'physical-block', ...block, ...change(height) }] as const
  })
  return hybridLog({ more })
}
/** The same without the stake chain: other items, other hashes. */
function off({ plan, records }: LoggedRun): LoggedRun {
  const renamed = new Map(Array.from({ length: 61 }, (_, i) => [physicalHash(i), name(`other ${i}`)]))
  const other = JSON.stringify(records.filter(({ node }) => node === 'controller' || node.startsWith('f')))
  const text = [...renamed].reduce((all, [from, to]) => all.replaceAll(from, to), other)
  const nodes = plan.nodes.filter(({ role }) => role === 'farmer')
  const { hybrid: _, ...rest } = plan
  return { plan: { ...rest, nodes }, records: JSON.parse(text) as TraceRecord[] }
}
const outcome = (a: LoggedRun, b: LoggedRun) => {
  const { verdict, detail } = checkOblivious(a, b)
  return `${verdict}: ${detail}`
}

test('I14: items and hashes may differ, slots, winners and weights do not', () => {
  expect(outcome(run(), off(run()))).toBe(
    'pass: With the stake chain switched off 57 confirmed physical blocks are the same.',
  )
})

test.each([
  ['slot', { slot: 41 }, /^fail: At height 40 slot 40 was won, slot 41 with the stake chain switched off/],
  ['plot', { plot: name('another') }, /^fail: At height 40 slot 40 was won by plot .*, by .* with/],
])('I14 breaks where another %s wins', (_, change, detail) => {
  const other = run((height) => (height === 40 ? change : {}))
  expect(outcome(run(), off(other))).toMatch(detail)
  // What is not confirmed may differ.
  expect(outcome(run(), off(run((height) => (height === 58 ? change : {}))))).toMatch(/^pass/)
})

test('I14 breaks where a chain weighs something else', () => {
  const other = off(run())
  const records = other.records.map((one) =>
    one.kind === 'physical-tip' && one.height === 30 ? { ...one, weight: `${one.weight}1` } : one,
  )
  expect(outcome(run(), { ...other, records })).toMatch(/^fail: At height 30 the chain weighs 300, 3001 with/)
})

test('other seeds, and networks that were ready at other times, cannot be compared; coerced farmers are let off', () => {
  const other = off(run())
  expect(outcome(run(), { ...other, plan: { ...other.plan, seed: 2 } })).toMatch(
    /^invalid: .* same plan and seed/,
  )
  const later = other.records.map((one) =>
    one.kind === 'network-ready' ? { ...one, monoMs: one.monoMs + 1 } : one,
  )
  expect(outcome(run(), { ...other, records: later })).toMatch(/^invalid: Faults came at other times/)
  const coerced = run()
  const records = coerced.records.map((one) =>
    one.kind === 'farmer-started' ? { ...one, byzantine: ['private-fork'] } : one,
  )
  expect(outcome({ ...coerced, records }, other)).toMatch(/^pass: Not demanded/)
})
