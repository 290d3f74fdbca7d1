import { deriveGenesisOf, parseGenesis } from '@groundwork/genesis'
import { nodeSignatures } from '@groundwork/host'
import { createFarmerPolicy, type PolicyChange, verifiedSignatures } from '@groundwork/hybrid-host'
import type { Item, OfferedItem, OwnPlot } from '@groundwork/physical-core'
import { CodedError, toHex } from '@groundwork/primitives'
import { type Log, readText } from '@groundwork/program'
import {
  admitsValidators,
  createHybridMetrics,
  type HybridNode,
  hybridGauges,
  type LookUpEffect,
  openHybridNode,
} from '@groundwork/program/hybrid'
import type { PhysicalNode } from '@groundwork/program/physical'
import type { FarmerConfig } from './config.ts'
import type { FarmerMetrics } from './metrics.ts'
import type { FarmerKeys } from './node.ts'
import type { Plots } from './plots.ts'
import type { FarmerReporter } from './reporter.ts'

export interface HybridRoleInit {
  readonly config: FarmerConfig
  /** File of the stake chain's genesis. */
  readonly stakeGenesis: string
  readonly keys: FarmerKeys
  readonly physical: PhysicalNode
  readonly log: Log
  readonly metrics: FarmerMetrics
  readonly reporter: FarmerReporter
  readonly plots: () => Plots | undefined
  /** Items of its own making, for the chain. */
  readonly offer: (items: readonly Item[]) => void
  /** An item that is never worth a place in a block. */
  readonly onRefused: (reason: string) => void
  readonly onFailure: (error: unknown) => void
}

/** What a farmer makes of the stake chain that its blocks record: which items it takes, and the votes of its plots. */
export interface HybridRole extends HybridNode {
  /** Which items the mempool takes. */
  judge(items: readonly OfferedItem[]): readonly OfferedItem[]
  farms(own: readonly OwnPlot[]): void
  /** Whether the key is in the stake chain's set of this epoch or the next. */
  admits(publicKey: Uint8Array): boolean
}

/** Throws one line for what a person must mend. */
export function openHybridRole(init: HybridRoleInit): HybridRole {
  const { config, keys, physical, reporter, metrics } = init
  const { rules, host } = physical
  const stake = parseGenesis(readText(init.stakeGenesis, 'GENESIS'))
  const node = openHybridNode({
    genesis: deriveGenesisOf(stake, rules.genesis),
    node: physical,
    dataDir: config.dataDir,
    owner: keys.farmer?.publicKey ?? null,
    validator: null,
    farmer: keys.farmer,
    verify: verifiedSignatures(nodeSignatures.verify),
    onConflict: 'follow-physical',
    log: init.log,
    metrics: createHybridMetrics(metrics, () => hybridGauges(node.follower)),
    onSync: metrics.synced,
    fact: reporter.fact,
    events: {
      items: init.offer,
      lookUp: (effect) => lookUp(effect),
      view: () => revise(),
    },
    onFailure: init.onFailure,
  })
  const { follower } = node
  const policy = createFarmerPolicy(follower.context, () => follower.state)
  let revisedAt = follower.state

  const drop = ({ withdraw, refused }: PolicyChange): void => {
    if (withdraw.length > 0) host.deliver({ kind: 'withdraw-items', hashes: withdraw })
    for (const { reason } of refused) init.onRefused(reason)
  }

  /** On a new tip: other items count than on the one before. */
  const revise = (): void => {
    if (follower.state === revisedAt) return
    revisedAt = follower.state
    const change = policy.revise([...physical.core.state.mempool.items.values()])
    drop(change)
    // Passed on: nobody was told of an item while it waited here.
    if (change.offer.length > 0) host.deliver({ kind: 'items', items: change.offer, from: null })
  }

  /** The first challenge that the plot has a proof for. Takes a millisecond or so. */
  const lookUp = ({ plotId, window, targetHash, challenges }: LookUpEffect): void => {
    const plot = init.plots()?.farmed.get(toHex(plotId))?.plot
    if (plot === undefined) return
    try {
      for (const [attempt, challenge] of challenges.entries()) {
        const [found] = plot.lookUp(challenge)
        if (found === undefined) continue
        const proof = plot.prove(found.entry)
        node.tell((told) => told.spaceProof({ plotId, window, targetHash, attempt, proof }))
        return
      }
    } catch (error) {
      if (!(error instanceof CodedError)) throw error
      init.plots()?.drop(plotId, error)
    }
  }

  return {
    ...node,
    judge(items) {
      const change = policy.offered(items)
      drop(change)
      node.tell((told) => told.offered(items.map(({ item }) => item)))
      return change.offer
    },
    admits: admitsValidators(follower),
    farms: (own) => node.tell((told) => told.plots(own)),
  }
}
