import { join } from 'node:path'
import { parsePhysicalGenesis } from '@groundwork/genesis'
import { chainRules } from '@groundwork/physical-core'
import { toHex } from '@groundwork/primitives'
import { type Log, readText } from '@groundwork/program'
import type { HybridNode } from '@groundwork/program/hybrid'
import {
  createPhysicalFacts,
  createPhysicalMetrics,
  openPhysicalNode,
  type PhysicalFacts,
  type PhysicalNode,
} from '@groundwork/program/physical'
import { startingFacts } from '@groundwork/trace'
import type { PassportSigner } from '@groundwork/transport-libp2p'
import type { Config, PhysicalSection } from './config.ts'
import type { Metrics } from './metrics.ts'
import type { Reporter } from './reporter.ts'

/** In `GET /v1/status`. */
export interface PhysicalStatus {
  /** Names the physical chain. */
  readonly chain: string
  readonly height: number
  readonly hash: string
  readonly slot: number
  /** Where the clock is. */
  readonly slotNow: number
  /** Sum of difficulties, decimal. */
  readonly weight: string
  /** The newest block that is kappa deep. */
  readonly confirmed: { readonly height: number; readonly hash: string }
  /** Farmers that it is connected to. */
  readonly farmers: readonly string[]
  /** unheard: no farmer has said yet how its chain is; behind: a heavier chain is being fetched. */
  readonly state: 'unheard' | 'behind' | 'synced'
  /** A farmer whose chain is being fetched. */
  readonly syncingFrom: string | null
}

export interface PhysicalFollower extends PhysicalNode {
  readonly facts: PhysicalFacts
  status(): PhysicalStatus
}

export interface PhysicalFollowerInit {
  readonly config: Config
  readonly section: PhysicalSection
  readonly networkKey: Uint8Array
  /** Shown to farmers, who know validators of the genesis alone. */
  readonly passport: PassportSigner | undefined
  readonly log: Log
  readonly metrics: Metrics
  readonly reporter: Pick<Reporter, 'fact'>
  /** What derives from both chains, once it is there. */
  readonly hybrid: () => HybridNode | undefined
  readonly onFailure: (error: unknown) => void
}

/** A validator's own view of the physical chain: verified here, whatever farmers say. It dials farmers and listens for nobody. */
export async function openPhysicalFollower(init: PhysicalFollowerInit): Promise<PhysicalFollower> {
  const { config, section, log, reporter } = init
  const rules = chainRules(parsePhysicalGenesis(readText(section.genesis, 'GENESIS')))
  const metrics = createPhysicalMetrics(init.metrics, () => node.core.tip())
  const facts = createPhysicalFacts({ metrics, rules, core: () => node.core, fact: reporter.fact })
  const node: PhysicalNode = await openPhysicalNode({
    rules,
    dataDir: join(config.dataDir, 'physical'),
    key: null,
    timelord: false,
    clockOffsetMs: 0,
    network: {
      self: config.name,
      networkKey: init.networkKey,
      listen: null,
      ...(init.passport && { passport: init.passport }),
      peers: section.farmers.map((farmer) => ({ ...farmer, dial: true })),
    },
    log,
    onSync: init.metrics.synced,
    onFailure: init.onFailure,
    events: {
      observed(observation) {
        // Farmers tell of each block; a validator of those that it took.
        if (observation.kind === 'block-accepted') metrics.observed(observation)
        else facts.observed(observation)
      },
      tip(effect) {
        facts.tip(effect)
        init.hybrid()?.tipMoved()
      },
      refused: facts.refused,
      peerUp: (peer) => reporter.fact({ kind: 'peer-up', peer }),
      peerDown: (peer, reason) => reporter.fact({ kind: 'peer-down', peer, reason }),
    },
    // It makes no blocks: items only show what others did.
    judge(items) {
      init.hybrid()?.tell((follower) => follower.offered(items.map(({ item }) => item)))
      return []
    },
    stepped: () => init.hybrid()?.slot(node.host.slotNow()),
  })
  return {
    ...node,
    facts,
    async connect() {
      for (const fact of startingFacts(node.rules, node.core)) reporter.fact(fact)
      return node.connect()
    },
    stop() {
      facts.flush()
      return node.stop()
    },
    status: () => statusOf(node),
  }
}

function statusOf({ rules, core, host, transport }: PhysicalNode): PhysicalStatus {
  const { height, hash, slot, weight } = core.tip()
  const confirmed = core.confirmed()
  const { syncingFrom } = host
  return {
    chain: toHex(rules.chainId),
    height,
    hash: toHex(hash),
    slot,
    slotNow: host.slotNow(),
    weight: `${weight}`,
    confirmed: { height: confirmed.height, hash: toHex(confirmed.hash) },
    farmers: transport()?.connected() ?? [],
    state: syncingFrom !== null ? 'behind' : host.isInformed ? 'synced' : 'unheard',
    syncingFrom,
  }
}
