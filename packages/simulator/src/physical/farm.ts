import type { Signer } from '@groundwork/hybrid-host'
import { type ChainRules, chainRules, type PhysicalGenesis } from '@groundwork/physical-core'
import { type Bytes, equal, type Hex, type Prng, toHex } from '@groundwork/primitives'
import { farmersOf, type Plan } from '@groundwork/scenario'
import type { TraceFact } from '@groundwork/trace'
import type { LiveLinkTable } from '@groundwork/wan'
import { coercions } from '../coercions.ts'
import { defaultConnectionTiming } from '../connections.ts'
import type { HybridWorld } from '../hybrid/world.ts'
import { simulatedKey } from '../keys.ts'
import { networkOf, type SimulatedNetwork } from '../network.ts'
import type { VirtualTime } from '../virtual-time.ts'
import { type SimulatedFarmer, simulatedFarmer } from './farmer.ts'
import { type SimulatedFollower, simulatedFollower } from './follower.ts'
import { type FarmMessage, farmMessageBytes } from './messages.ts'

export interface FarmInit {
  readonly plan: Plan
  readonly genesis: PhysicalGenesis
  readonly table: LiveLinkTable
  readonly time: VirtualTime
  readonly random: Prng
  /** Who follows the chain without farming. */
  readonly followers: readonly { readonly name: string; readonly validator: Signer }[]
  /** Null without a stake chain that leans on this one. */
  readonly world: HybridWorld | null
  emit(node: string, fact: TraceFact): void
}

/** The physical chain's nodes, beside whatever else runs in the same world. */
export interface Farm {
  readonly rules: ChainRules
  readonly farmers: readonly SimulatedFarmer[]
  /** By name. They live and die with the processes that they are parts of. */
  readonly followers: ReadonlyMap<string, SimulatedFollower>
  readonly network: SimulatedNetwork<FarmMessage>
  /** All are connected to each other, and the chain has begun. */
  isReady(): boolean
  /** Coerced farmers let these nodes' votes through, until the result is called. */
  conspire(names: readonly string[]): () => void
  start(): void
  /** Writes down what was counted. */
  flush(): void
}

export function createFarm(init: FarmInit): Farm {
  const { plan, table, time, random, emit } = init
  const planned = farmersOf(plan.nodes)
  const rules = chainRules(init.genesis)
  const names = planned.map(({ name }) => name)
  const network = networkOf<FarmMessage>({
    table,
    names: [...names, ...init.followers.map(({ name }) => name)],
    time,
    random: random.split('network'),
    timing: defaultConnectionTiming,
    ordered: true,
    bytesOf: farmMessageBytes,
  })
  const keys = planned.map(({ farmer }) => simulatedKey('farmer', farmer))
  const accomplices = coercions<Hex>()
  const farmers = planned.map((node, index) =>
    simulatedFarmer({
      index,
      planned: node,
      rules,
      keys: keys[index] as (typeof keys)[number],
      time,
      network,
      random: random.split(node.name),
      world: init.world,
      nameOf: (publicKey) => names[keys.findIndex((own) => equal(own.publicKey, publicKey))] ?? null,
      isAccomplice: (publicKey) => accomplices.does(toHex(publicKey)),
      emit: (fact) => emit(node.name, fact),
    }),
  )
  const isFarmer = (name: string): boolean => names.includes(name)
  const { world } = init
  const followers = init.followers.map(({ name, validator }): [string, SimulatedFollower] => [
    name,
    simulatedFollower({
      name,
      rules,
      time,
      network,
      random: random.split(name),
      hybrid: world === null ? null : { world, validator },
      isFarmer,
      emit: (fact) => emit(name, fact),
    }),
  ])
  const running = () => [
    ...farmers,
    ...followers.flatMap(([, follower]) => (follower.core === undefined ? [] : [follower])),
  ]
  const publicKeyOf = (name: string): Bytes[] => {
    const validator = init.followers.find((follower) => follower.name === name)?.validator
    const farmer = keys[names.indexOf(name)]
    return [validator, farmer].flatMap((known) => (known === undefined ? [] : [known.publicKey]))
  }
  return {
    rules,
    farmers,
    followers: new Map(followers),
    network,
    isReady: () =>
      running().every(
        ({ core, index, isConnected }) =>
          core !== undefined &&
          core.tip().height > 0 &&
          farmers.every(({ name, index: other }) => other === index || isConnected(name)),
      ),
    conspire: (some) => accomplices.begin(some.flatMap(publicKeyOf).map(toHex)),
    start() {
      for (const farmer of farmers) farmer.start()
    },
    flush() {
      for (const farmer of farmers) farmer.flush()
    },
  }
}
