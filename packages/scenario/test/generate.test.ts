import { prng } from '@groundwork/primitives'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  contradiction,
  generateFaults,
  type PlannedFault,
  type PlannedNode,
  stakeOf,
  totalStake,
  validatorsOf,
} from '../src/index.ts'
import { planOf } from './support.ts'

const nodesArb = fc
  .array(fc.record({ weight: fc.integer({ min: 1, max: 9 }), twin: fc.boolean() }), {
    minLength: 1,
    maxLength: 10,
  })
  .map((validators) => {
    const list = validators.map(({ weight, twin }) => `{ weight: ${weight}, twin: ${twin && weight < 3} }`)
    return planOf(`network: { validators: [${list.join(', ')}] }`).nodes
  })

const faultsOf = (nodes: readonly PlannedNode[], seed: number, tries = 12): readonly PlannedFault[] =>
  generateFaults(prng(seed), { nodes, fromMs: 1000, healedByMs: 20_000, tries })

const namesIn = (fault: PlannedFault): readonly string[] => {
  const { action } = fault
  const targets =
    'groups' in action ? action.groups : 'target' in action ? [action.target] : [action.from, action.to]
  return targets.flatMap((target) => (target.kind === 'nodes' ? target.nodes : []))
}

test('everything is healed in time, in order, numbered, about nodes that exist, and plain JSON', () => {
  fc.assert(
    fc.property(nodesArb, fc.nat(), (nodes, seed) => {
      const faults = faultsOf(nodes, seed)
      const names = nodes.map(({ name }) => name)
      let last = 1000
      for (const [i, fault] of faults.entries()) {
        expect(fault.id).toBe(`${i + 1}-${fault.action.verb}`)
        expect(fault.atMs).toBeGreaterThanOrEqual(last)
        expect(fault.atMs + (fault.forMs ?? Number.POSITIVE_INFINITY)).toBeLessThanOrEqual(20_000)
        expect(names).toEqual(expect.arrayContaining([...new Set(namesIn(fault))]))
        last = fault.atMs
      }
      expect(JSON.parse(JSON.stringify(faults))).toEqual(faults)
    }),
  )
})

test('no two faults contradict each other', () => {
  fc.assert(
    fc.property(nodesArb, fc.nat(), (nodes, seed) => {
      expect(contradiction(faultsOf(nodes, seed, 30), nodes)).toBeNull()
    }),
  )
})

test('who may have forgotten what was signed stays below a third of the stake, with the twins', () => {
  let wipes = 0
  fc.assert(
    fc.property(nodesArb, fc.nat(), (planned, seed) => {
      const nodes = validatorsOf(planned)
      const twins = nodes.filter(({ twinOf }) => twinOf !== null).map(({ validator }) => validator)
      const wiped = faultsOf(nodes, seed, 40)
        .filter(({ action }) => action.verb === 'wipe')
        .flatMap(namesIn)
      wipes += wiped.length
      const faulty = nodes.filter(({ name, validator }) => twins.includes(validator) || wiped.includes(name))
      if (wiped.length > 0) expect(3 * stakeOf(faulty)).toBeLessThan(totalStake(nodes))
    }),
  )
  expect(wipes).toBeGreaterThan(0)
})

test('loss stays at 40 %, and is left out where the network cannot lose', () => {
  const { nodes } = planOf('network: { validators: 7 }')
  const ratios = (loss: boolean): number[] =>
    Array.from({ length: 200 }, (_, seed) =>
      generateFaults(prng(seed), { nodes, fromMs: 0, healedByMs: 9000, loss }),
    )
      .flat()
      .flatMap(({ action }) => (action.verb === 'shape' ? (action.set.lossRatio ?? []) : []))
  expect(Math.max(...ratios(true))).toBeLessThanOrEqual(0.4)
  expect(ratios(true).length).toBeGreaterThan(20)
  expect(ratios(false)).toEqual([])
})

test('the same state draws the same timeline, others draw others, and in time every verb', () => {
  const { nodes } = planOf('network: { validators: 7 }')
  const drawn = Array.from({ length: 100 }, (_, seed) => faultsOf(nodes, seed))
  expect(faultsOf(nodes, 5)).toEqual(drawn[5])
  expect(new Set(drawn.map((faults) => JSON.stringify(faults))).size).toBe(100)
  expect([...new Set(drawn.flat().map(({ action }) => action.verb))].toSorted()).toEqual(
    ['flap', 'kill', 'one-way', 'partition', 'pause', 'shape', 'stop', 'wipe'].toSorted(),
  )
})
