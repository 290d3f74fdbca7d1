import {
  activePlot,
  type ChainRules,
  epochOf,
  estimatedSpace,
  firstSlotOf,
  type PhysicalCore,
  type Slot,
  seedFor,
} from '@groundwork/physical-core'
import { toHex } from '@groundwork/primitives'
import { monotonicMs } from '@groundwork/program'
import { hybridStatus } from '@groundwork/program/hybrid'
import { type FarmerStatus, modelledSpace } from './api.ts'
import type { FarmerInit, Running } from './node.ts'

/** Over which the space that takes part is estimated. */
const windowSlots = 240

export function statusOf(
  { config, byzantine }: FarmerInit,
  rules: ChainRules,
  running: Running,
): FarmerStatus {
  const { role } = running
  const { core, host, transport } = running.physical!
  const tip = core.tip()
  const chain = core.chain()
  const { epoch } = chain
  const confirmed = core.confirmed()
  const slotNow = host.slotNow()
  const window = Math.min(windowSlots, tip.slot)
  return {
    version: 1,
    name: config.name,
    chain: toHex(rules.chainId),
    mode: role?.mode ?? 'listening',
    height: tip.height,
    hash: toHex(tip.hash),
    slot: tip.slot,
    weight: `${tip.weight}`,
    slotNow,
    epoch: epoch.number,
    difficulty: `${epoch.difficulty}`,
    confirmed: { height: confirmed.height, hash: toHex(confirmed.hash) },
    peers: transport()?.connected() ?? [],
    syncingFrom: host.syncingFrom ?? null,
    plots: (role?.own() ?? []).map(({ plotId, k }) => {
      const active = activePlot(chain, toHex(plotId))
      return { plot: toHex(plotId), k, active: active !== undefined, located: active?.located ?? false }
    }),
    plotsMissing: role?.plots?.missing ?? 0,
    plotsRefused: role?.plotsRefused ?? 0,
    timelord: config.timelord,
    vdfLagSlots: vdfLag(rules, core, slotNow),
    space: {
      registered: `${epoch.space}`,
      estimated: `${estimatedSpace(epoch.difficulty, core.activeSlots(window), window)}`,
      note: modelledSpace,
    },
    mempool: core.state.mempool.items.size,
    hybrid: running.hybrid === undefined ? null : hybridStatus(running.hybrid.follower),
    uptimeMs: Math.round(monotonicMs() - running.startedMs),
    byzantine,
  }
}

/** Slots that began and are not known on the tip's fork. */
export function vdfLag(
  rules: ChainRules,
  core: Pick<PhysicalCore, 'chain' | 'state'>,
  slotNow: Slot,
): number {
  if (rules.parameters.vdf.kind === 'none' || slotNow < 1) return 0
  const chain = core.chain()
  for (let epoch = epochOf(rules, slotNow); epoch >= chain.epoch.number; epoch--) {
    const first = firstSlotOf(rules, epoch)
    const known = core.state.chains.get(toHex(seedFor(rules, chain, first)))?.ys.length ?? 0
    if (known > 0) return Math.max(0, slotNow - (first + known - 1))
  }
  return Math.max(0, slotNow - chain.slot)
}
