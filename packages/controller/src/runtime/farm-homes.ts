import { farmerPlan, type WrittenFarmers, writeFarmers } from '@groundwork/farmer'
import { farmersOf, type Plan } from '@groundwork/scenario'
import type { RelayNetwork } from '@groundwork/wan/relay'

const loopback = { host: '127.0.0.1', port: 0 } as const
/** Until the first slot: processes start, connect, and make their plots, so much each on a busy core. */
const startMs = 6000
const plottingMs = 600

/** Writes genesis, keys and configurations of a plan's farmers; the first slot begins when they should be ready. */
export function writeFarm(plan: Plan, dir: string, relays: RelayNetwork): WrittenFarmers {
  const farmers = farmersOf(plan.nodes)
  const plots = farmers.reduce((sum, farmer) => sum + farmer.plots, 0)
  const order = new Map(farmers.map(({ name }, i) => [name, i]))
  const content = {
    version: 1,
    chain: `${plan.scenario}-${plan.seed}`,
    physicalTimeMs: Date.now() + startMs + plots * plottingMs,
    ports: { p2p: 0, node: 0 },
    plan,
    layout: {
      nodes: plan.nodes.map(({ name }) => ({ name, address: loopback.host, control: loopback.host })),
    },
  }
  return writeFarmers({
    ...farmerPlan(content, 'plan'),
    dir,
    connect: (from, to) => ({
      ...relays.address(from, to),
      dial: (order.get(from) as number) < (order.get(to) as number),
    }),
    listen: () => loopback,
    api: () => loopback,
    exitWithParent: true,
  })
}
