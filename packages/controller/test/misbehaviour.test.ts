import { farmerKeyOf } from '@groundwork/farmer'
import { toHex } from '@groundwork/primitives'
import { type Behaviour, historians, type Plan } from '@groundwork/scenario'
import { accountsOf, validatorKeyOf } from '@groundwork/validator'
import { expect, it } from 'vitest'
import { planFile } from '../src/planning.ts'
import { byzantineFlags, createCoercions, type NodeOrders } from '../src/runtime/misbehaviour.ts'
import { processRuntime } from '../src/runtime/process.ts'

function planOf(network: string, ...faults: string[]): Plan {
  const text = `network: { validators: 4${network} }\nworkload: { accounts: 3 }\ntimeline: [${faults.join(', ')}]`
  return planFile({ text, shown: 'test.yaml' }, processRuntime, 7)
}
const farmers = ', physical: { farmers: { Ireland: 3 }, overrides: { f3: { behaviour: double-farm } } }'
const coerce = (target: string, behaviour: string) =>
  `{ at: 1s, fault: coerce, target: ${target}, behaviour: ${behaviour} }`

it('only nodes that the plan has misbehave are started for it', () => {
  const plan = planOf(farmers, coerce('v1', 'censor'), '{ at: 1s, fault: seize-keys, target: v2 }')
  const flags = Object.fromEntries(plan.nodes.map((node) => [node.name, byzantineFlags(plan, node)]))
  expect(flags).toEqual({
    v1: ['--byzantine', 'coercible'],
    v2: ['--byzantine', 'twin'],
    v3: [],
    v4: [],
    f1: [],
    f2: [],
    f3: ['--byzantine', 'coercible'],
  })
})

it('whoever shows another history does nothing else, and owners of its keys do not look out for it', () => {
  const plan = planOf('', '{ at: 1s, fault: seize-keys, use: rewrite, target: [v1, v3] }')
  const flags = [...plan.nodes, ...historians(plan)].map((node) => [node.name, byzantineFlags(plan, node)])
  expect(Object.fromEntries(flags)).toEqual({
    v1: ['--byzantine', 'twin'],
    v2: [],
    v3: ['--byzantine', 'twin'],
    v4: [],
    '1-seize-keys-history': ['--byzantine', 'history'],
  })
})

it('tells each node all that is demanded of it, and who its accomplices are', async () => {
  const plan = planOf(farmers, coerce('[v1, v2]', 'censor'), coerce('v2', 'stall'))
  const told = new Map<string, NodeOrders>()
  const coercions = createCoercions({ plan, tell: async (node, orders) => void told.set(node, orders) })
  const does = () => [...told].map(([name, { behaviours }]) => [name, behaviours])
  const key = (name: string) =>
    toHex(name.startsWith('f') ? farmerKeyOf(plan, name) : validatorKeyOf(plan, Number(name.slice(1)) - 1))
  const accomplice = (name: string) => ({ name, key: key(name) })

  expect(coercions.ordersOf('v3')).toBeNull()
  // Whose blocks are looked at before coercion begins.
  const target = toHex(accountsOf({ seed: 7, accounts: { count: 4, balance: 0n } })[3]!.publicKey)
  expect(coercions.ordersOf('v1')).toMatchObject({ behaviours: [], target })
  expect(coercions.ordersOf('f3')?.behaviours).toEqual(['double-farm'])

  const order = (owner: string, nodes: string[], ...behaviours: Behaviour[]) => ({ owner, nodes, behaviours })
  await coercions.begin(order('1', ['v1', 'v2'], 'censor'))
  await coercions.begin(order('2', ['v2'], 'stall'))
  expect(does()).toEqual([
    ['v1', ['censor']],
    ['v2', ['censor', 'stall']],
    ['f3', ['double-farm']],
  ])
  expect(told.get('v1')?.accomplices).toEqual([accomplice('f3'), accomplice('v2')])
  await coercions.end('1')
  expect(does().slice(0, 2)).toEqual([
    ['v1', []],
    ['v2', ['stall']],
  ])
  expect(told.get('f3')?.accomplices).toEqual([accomplice('v2')])
})
