import { availableParallelism, loadavg } from 'node:os'
import { type FarmerPlan, farmerPlan, physicalGenesisOf } from '@groundwork/farmer'
import { begunNodes, farmersOf, type Plan, validatorsOf } from '@groundwork/scenario'
import type { HybridPlan } from '@groundwork/validator'
import type { RelayNetwork } from '@groundwork/wan/relay'

const loopback = { host: '127.0.0.1', port: 0 } as const
/** Until the first slot: processes start, connect, and make their plots, so much each on a busy core. */
const startMs = 6000
const plottingMs = 600
/** Signing waits for slots that are on time, and slots that began before their timelord did are made up slowly. */
const validatorMs = 400
/** Where others have the cores, all of this takes longer; an idle machine waits for nobody. */
const busyMost = 4
const busy = (): number => Math.min(busyMost, Math.max(1, (loadavg()[0] ?? 0) / availableParallelism()))

/** A plan's farmers behind relays; the first slot begins when they should be ready. */
export function relayedFarm(plan: Plan, connect: FarmerPlan['connect']): FarmerPlan {
  const plots = farmersOf(plan.nodes).reduce((sum, farmer) => sum + farmer.plots, 0)
  const validators = plan.hybrid === undefined ? 0 : validatorsOf(plan.nodes).length
  const readyMs = (startMs + plots * plottingMs + validators * validatorMs) * busy()
  const content = {
    version: 1,
    chain: `${plan.scenario}-${plan.seed}`,
    physicalTimeMs: Date.now() + Math.round(readyMs),
    ports: { p2p: 0, node: 0 },
    plan,
    layout: {
      nodes: plan.nodes.map(({ name }) => ({ name, address: loopback.host, control: loopback.host })),
    },
  }
  return {
    ...farmerPlan(content, 'plan'),
    connect,
    listen: () => loopback,
    api: () => loopback,
    exitWithParent: true,
  }
}

/** Where one node reaches another, through the relay between them; of two the earlier in the plan dials, so validators dial farmers. */
export function relayedConnect(plan: Plan, relays: RelayNetwork): FarmerPlan['connect'] {
  const all = [...validatorsOf(plan.nodes), ...begunNodes(plan), ...farmersOf(plan.nodes)]
  const order = new Map(all.map(({ name }, i) => [name, i]))
  return (from, to) => ({
    ...relays.address(from, to),
    dial: (order.get(from) as number) < (order.get(to) as number),
  })
}

/** What ties the validators of a plan to its farmers; undefined if nothing does. */
export function hybridPlanOf({ hybrid }: Plan, farm: FarmerPlan | null): HybridPlan | undefined {
  if (hybrid === undefined || farm === null) return undefined
  return {
    parameters: hybrid.parameters,
    physical: physicalGenesisOf(farm),
    farmers: farm.nodes.map(({ name }) => name),
  }
}
