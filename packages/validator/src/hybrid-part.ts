import { deriveGenesisOf, type Genesis } from '@groundwork/genesis'
import { type PhysicalView, resumeAt } from '@groundwork/hybrid-core'
import { encodePhysicalMessage, type Item } from '@groundwork/physical-core'
import { type KeyPair, toHex } from '@groundwork/primitives'
import type { Log } from '@groundwork/program'
import {
  admitsValidators,
  createHybridMetrics,
  type HybridNode,
  type HybridStatus,
  hybridGauges,
  hybridStatus,
  openHybridNode,
  serveHybrid,
} from '@groundwork/program/hybrid'
import type {
  Certificate,
  EndProof,
  EpochStart,
  Evidence,
  FinalChain,
  FinalizedBlock,
  Header,
  StakeCore,
  Verify,
} from '@groundwork/stake-core'
import type { Hono } from 'hono'
import type { Metrics } from './metrics.ts'
import type { PhysicalFollower } from './physical-follower.ts'
import type { Reporter } from './reporter.ts'
import type { Disk } from './storage.ts'
import { storedBlocks, storedFinals } from './stored-finals.ts'

export interface HybridPartInit {
  readonly dataDir: string
  readonly genesis: Genesis
  readonly key: KeyPair
  readonly disk: Disk
  readonly physical: PhysicalFollower
  readonly verify: Verify
  readonly log: Log
  readonly metrics: Metrics
  readonly reporter: Pick<Reporter, 'fact'>
  /** The physical chain as the stake chain's rules are to see it from now on. */
  readonly onView: (view: PhysicalView) => void
  readonly onFailure: (error: unknown) => void
}

/** What ties a validator's stake chain to the physical chain that it follows. */
export interface HybridPart extends HybridNode {
  /** Where the stake chain goes on, as soon as the physical chain is here as far as the stored blocks look at it. */
  resume(): Promise<EpochStart>
  finalized(blocks: readonly FinalizedBlock[], certificate: Certificate, end: EndProof | undefined): void
  accuse(evidence: Evidence, core: StakeCore): void
  /** Whether the physical chain has the key in the set of this epoch or the next. */
  admits(publicKey: Uint8Array): boolean
  /** A final chain that contradicts the own one. */
  conflicting(chain: FinalChain): void
  status(): HybridStatus
  /** Adds to the HTTP interface. */
  serve(app: Hono): void
}

/** As many as one publication may hold. */
const itemsPerMessage = 64

/** Throws one line for what a person must mend. */
export function openHybridPart(init: HybridPartInit): HybridPart {
  const { disk, physical, metrics, log } = init
  const { store } = disk
  let onMove: (() => void) | null = null
  const node: HybridNode = openHybridNode({
    ...init,
    genesis: deriveGenesisOf(init.genesis, physical.rules.genesis),
    node: physical,
    owner: init.key.publicKey,
    validator: disk.maySign ? init.key : null,
    farmer: null,
    onConflict: 'follow-physical',
    metrics: createHybridMetrics(metrics, () => hybridGauges(node.follower)),
    onSync: metrics.synced,
    fact: init.reporter.fact,
    events: {
      items: (items) => tellFarmers(physical, items),
      view(view) {
        onMove?.()
        init.onView(view)
      },
    },
  })
  const { follower } = node

  const headerOf = async (hash: Uint8Array, core: StakeCore): Promise<Header | null> => {
    const held = core.state.blocks.get(toHex(hash))?.proposal.block ?? (await store.blockByHash(hash))?.block
    return held?.header ?? null
  }

  return {
    ...node,
    async start() {
      await node.start()
      const finals = await storedFinals(store, await storedBlocks(store, node.beginning.tip.height))
      for (const segment of finals) node.tell((told) => told.finalized(segment))
    },
    async resume() {
      const head = await store.head()
      for (;;) {
        const { confirmed, context } = follower
        const blocks = await storedBlocks(store, confirmed.tip.height)
        const resumed = resumeAt(context, follower.view(), confirmed, {
          head: head?.hash ?? null,
          blocks,
          certificate: head?.certificate ?? null,
          journal: disk.entries,
        })
        if (resumed !== null) {
          const { start, isRebased } = resumed
          if (isRebased) await store.rebase(start.head, start.position.ledger)
          return start
        }
        log.info(
          { height: follower.state.height },
          'waiting for the physical chain that stored blocks look at',
        )
        await new Promise<void>((resolve) => {
          onMove = resolve
        })
      }
    },
    finalized(blocks, certificate, end) {
      const path = end?.children.map(({ block }) => block.header) ?? []
      node.tell((told) => told.finalized({ blocks: blocks.map(({ block }) => block), path, certificate }))
    },
    admits: admitsValidators(follower),
    conflicting: (chain) => node.tell((told) => told.conflicting(chain)),
    status: () => hybridStatus(follower),
    serve: (app) => serveHybrid(app, follower),
    accuse(evidence, core) {
      // Two proposals of one leader are not punished; a vote against a justification shows the rest by itself.
      if (evidence.rule === 'S5') return
      const voted = evidence.rule === 'S3' ? [] : [evidence.a.hash, evidence.b.hash]
      Promise.all(voted.map((hash) => headerOf(hash, core))).then((headers) => {
        const known = headers.filter((header) => header !== null)
        node.tell((told) => told.accuse(evidence, known))
      }, init.onFailure)
    },
  }
}

/** To all farmers that can be reached: what is missing on the chain is said again. */
function tellFarmers(physical: PhysicalFollower, items: readonly Item[]): void {
  for (let from = 0; from < items.length; from += itemsPerMessage) {
    const message = { kind: 'items' as const, items: items.slice(from, from + itemsPerMessage) }
    physical.transport()?.publish('items', encodePhysicalMessage(message))
  }
}
