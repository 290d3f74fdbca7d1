import type { ChainRules } from '@groundwork/physical-core'
import { equal, type Prng } from '@groundwork/primitives'
import { farmersOf, type Plan, type PlannedPhysical } from '@groundwork/scenario'
import type { TraceFact } from '@groundwork/trace'
import type { LiveLinkTable } from '@groundwork/wan'
import { defaultConnectionTiming } from '../connections.ts'
import { simulatedKey } from '../keys.ts'
import { networkOf, type SimulatedNetwork } from '../network.ts'
import type { VirtualTime } from '../virtual-time.ts'
import { type SimulatedFarmer, simulatedFarmer } from './farmer.ts'
import { physicalRules } from './genesis.ts'
import { type FarmMessage, farmMessageBytes } from './messages.ts'
import { privateFork } from './private-fork.ts'

export interface FarmInit {
  readonly plan: Plan
  readonly physical: PlannedPhysical
  readonly table: LiveLinkTable
  readonly time: VirtualTime
  readonly random: Prng
  emit(node: string, fact: TraceFact): void
}

/** The physical chain's nodes, beside whatever else runs in the same world. */
export interface Farm {
  readonly rules: ChainRules
  readonly farmers: readonly SimulatedFarmer[]
  readonly network: SimulatedNetwork<FarmMessage>
  /** All are connected to each other, and the chain has begun. */
  isReady(): boolean
  start(): void
  /** Writes down what was counted. */
  flush(): void
}

/** Time for connections before the first slot. */
const firstSlotMs = 2000

export function createFarm({ plan, physical, table, time, random, emit }: FarmInit): Farm {
  const planned = farmersOf(plan.nodes)
  const rules = physicalRules(plan, physical, firstSlotMs)
  const names = planned.map(({ name }) => name)
  const network = networkOf<FarmMessage>({
    table,
    names,
    time,
    random: random.split('network'),
    timing: defaultConnectionTiming,
    ordered: true,
    bytesOf: farmMessageBytes,
  })
  const keys = planned.map(({ farmer }) => simulatedKey('farmer', farmer))
  const farmers = planned.map((node, index) =>
    simulatedFarmer({
      index,
      planned: node,
      rules,
      keys: keys[index] as (typeof keys)[number],
      time,
      network,
      random: random.split(node.name),
      nameOf: (publicKey) => names[keys.findIndex((own) => equal(own.publicKey, publicKey))] ?? null,
      tactic: node.behaviour === 'private-fork' ? privateFork : null,
      emit: (fact) => emit(node.name, fact),
    }),
  )
  return {
    rules,
    farmers,
    network,
    isReady: () =>
      farmers.every(
        ({ core, index }) =>
          core !== undefined &&
          core.tip().height > 0 &&
          farmers.every((other) => other.index === index || network.connected(index, other.index)),
      ),
    start() {
      for (const farmer of farmers) farmer.start()
    },
    flush() {
      for (const farmer of farmers) farmer.flush()
    },
  }
}
