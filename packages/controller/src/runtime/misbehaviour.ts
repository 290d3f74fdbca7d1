import { farmerKeyOf } from '@groundwork/farmer'
import { toHex } from '@groundwork/primitives'
import {
  accountLayout,
  type Behaviour,
  farmersOf,
  fixedNodes,
  historians,
  isValidator,
  type Plan,
  type PlannedNode,
  type PlannedValidator,
  validatorsOf,
} from '@groundwork/scenario'
import { accountsOf, type Orders, validatorKeyOf } from '@groundwork/validator'

export type NodeOrders = Orders<Behaviour>

/** Nodes that somebody makes misbehave. */
export interface CoercionOrder {
  /** Who lets them go again. */
  readonly owner: string
  readonly nodes: readonly string[]
  readonly behaviours: readonly Behaviour[]
}

/** Both resolve when the nodes that can hear have been told. */
export interface CoercionControl {
  begin(order: CoercionOrder): Promise<void>
  /** Idempotent. What others make the same nodes do goes on. */
  end(owner: string): Promise<void>
}

export interface Coercions extends CoercionControl {
  /** For a node that starts; null: it was not started for that. */
  ordersOf(node: string): NodeOrders | null
  /** To a node that starts, or goes on: what it should do may have changed while it could not hear. */
  tellAgain(node: string): Promise<void>
}

export interface CoercionsInit {
  readonly plan: Plan
  /** A node that does not run hears of it when it starts. */
  tell(node: string, orders: NodeOrders): Promise<void>
}

/** Misbehaviour is switched on by flags of the programs, never by a configuration. */
export function byzantineFlags(plan: Plan, planned: PlannedNode): readonly string[] {
  if (historians(plan).some(({ name }) => name === planned.name)) return ['--byzantine', 'history']
  const names = [
    ...(isValidator(planned) && sharesKey(plan, planned) ? ['twin'] : []),
    ...(coercibleOf(plan).has(planned.name) ? ['coercible'] : []),
  ]
  return names.length === 0 ? [] : ['--byzantine', ...names]
}

/** Somebody else signs with its key, from the start or later: it does not look out for that. */
function sharesKey({ nodes, timeline }: Plan, { validator, name }: PlannedValidator): boolean {
  const isSeized = timeline.some(
    ({ action }) => action.verb === 'seize-keys' && fixedNodes(action.target).includes(name),
  )
  return isSeized || validatorsOf(nodes).some((other) => other.validator === validator && other.name !== name)
}

/** Nodes that misbehave at some time of the plan. */
function coercibleOf({ nodes, timeline }: Plan): ReadonlySet<string> {
  return new Set([
    ...timeline.flatMap(({ action }) => (action.verb === 'coerce' ? fixedNodes(action.target) : [])),
    ...farmersOf(nodes).flatMap(({ name, behaviour }) => (behaviour === null ? [] : [name])),
  ])
}

/** Who makes which nodes do what. */
export function createCoercions({ plan, tell }: CoercionsInit): Coercions {
  const coercible = coercibleOf(plan)
  const target = targetOf(plan)
  const keys = new Map(plan.nodes.map((node) => [node.name, toHex(keyOf(plan, node))]))
  const orders = new Map<string, CoercionOrder>()
  for (const { name, behaviour } of farmersOf(plan.nodes)) {
    const owner = `start of ${name}`
    if (behaviour !== null) orders.set(owner, { owner, nodes: [name], behaviours: [behaviour] })
  }
  const coerced = (): readonly string[] => [...new Set([...orders.values()].flatMap(({ nodes }) => nodes))]
  const ordersOf = (node: string): NodeOrders | null => {
    if (!coercible.has(node)) return null
    const own = [...orders.values()].filter(({ nodes }) => nodes.includes(node))
    const others = coerced().filter((name) => name !== node)
    return {
      behaviours: [...new Set(own.flatMap(({ behaviours }) => behaviours))],
      target,
      accomplices: others.map((name) => ({ name, key: keys.get(name) as string })),
    }
  }
  const tellAgain = async (name: string): Promise<void> => {
    const told = ordersOf(name)
    if (told !== null) await tell(name, told)
  }
  /** All: who is an accomplice concerns everybody. */
  const tellAll = async (names: readonly string[]): Promise<void> => {
    await Promise.all([...new Set([...names, ...coerced()])].map(tellAgain))
  }
  return {
    ordersOf,
    tellAgain,
    async begin(order) {
      orders.set(order.owner, order)
      await tellAll(order.nodes)
    },
    async end(owner) {
      const nodes = orders.get(owner)?.nodes ?? []
      orders.delete(owner)
      if (nodes.length > 0) await tellAll(nodes)
    },
  }
}

function keyOf(plan: Plan, node: PlannedNode): Uint8Array {
  return node.role === 'farmer' ? farmerKeyOf(plan, node.name) : validatorKeyOf(plan, node.validator)
}

/** The account that censors are after. */
function targetOf(plan: Plan): string | null {
  const { target } = accountLayout(plan)
  if (target === null) return null
  const [account] = accountsOf({ seed: plan.seed, accounts: { count: target + 1, balance: 0n } }).slice(
    target,
  )
  return account === undefined ? null : toHex(account.publicKey)
}
