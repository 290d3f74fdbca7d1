import { deriveGenesisOf, type Genesis } from '@groundwork/genesis'
import type { Clock } from '@groundwork/host/pure'
import { deriveRoot } from '@groundwork/hybrid-core'
import { verifiedSignatures } from '@groundwork/hybrid-host'
import { type ChainRules, chainRules, type PhysicalGenesis } from '@groundwork/physical-core'
import type { CheckPool } from '@groundwork/physical-host/pure'
import { type Hash, verifyCofactorless } from '@groundwork/primitives'
import type { Verify } from '@groundwork/stake-core'
import type { ClientEvent } from './event.ts'
import { createHybrid, type Hybrid } from './hybrid.ts'
import { createInclusions } from './inclusions.ts'
import { createPhysicalFollower, type PhysicalFollower, type PhysicalStep } from './physical.ts'
import { pureLineage } from './pure-lineage.ts'
import { type TransactionReport, unknownTransaction } from './report.ts'
import type { Source } from './source.ts'
import { createSources, type SourceReport } from './sources.ts'
import type { FinalBlocks, StakeChain } from './stake-chain.ts'
import { createStakeFollower, type StakeFollower } from './stake-follower.ts'
import { createWatch } from './watch.ts'

export interface ClientInit {
  /** What is trusted, and nothing else. Null: that chain is not followed. */
  readonly genesis: { readonly stake: Genesis | null; readonly physical: PhysicalGenesis | null }
  readonly sources: readonly Source[]
  readonly clock: Clock
  /** Milliseconds since 1970: what is of a later slot waits. */
  readonly wallMs: () => number
  /** From 0 to below 1: whom to ask. */
  readonly random: () => number
  /** Transactions to report about, stage by stage. */
  readonly watch?: readonly Hash[]
  /** A faster one than the reference; both accept the same signatures. */
  readonly verify?: Verify
  /** Checks proofs beside the event loop. */
  readonly pool?: CheckPool
  readonly onEvent: (event: ClientEvent) => void
  /** An error of ours; nothing is followed any more. */
  readonly onFailure: (error: unknown) => void
}

export interface ClientStatus {
  /** `claimed`: what some source says there is; nobody has shown it. */
  readonly physical: { readonly height: number; readonly slot: number; readonly claimed: number } | null
  readonly stake: {
    readonly epoch: number
    readonly height: number
    readonly final: number
    readonly claimed: number
  } | null
  /** Null without the hybrid. */
  readonly mode: 'FAST' | 'RECORDED' | null
  readonly sources: readonly SourceReport[]
}

/** Follows both chains from what nodes say and believes none of it: what it reports was verified here. */
export interface Client {
  start(): void
  stop(): void
  status(): ClientStatus
  transaction(id: Hash): TransactionReport
  /** I10: equal for everybody who derived the same blocks; null without the hybrid. */
  derivedRoot(): Hash | null
}

const pollMs = 500

export function createClient(init: ClientInit): Client {
  const { genesis, clock, onEvent } = init
  const verify = verifiedSignatures(init.verify ?? verifyCofactorless)
  const inclusions = createInclusions()
  const sources = createSources({ sources: init.sources, clock, onEvent })
  let isStopped = false

  const onTip = (step: PhysicalStep): void => {
    const { tip, reverted, adopted } = step
    inclusions.reverted(reverted)
    inclusions.physical(adopted)
    for (const { block, hash } of adopted) {
      const { height } = block.foliage
      const items = block.items.map(({ kind }) => kind)
      onEvent({
        kind: 'physical',
        height,
        hash,
        slot: block.trunk.slot,
        weight: height === tip.height ? tip.weight : null,
        items,
        reverted: block === adopted[0]?.block ? reverted.length : 0,
      })
    }
    hybrid?.physical(step)
    watch.look()
  }
  const onFinal = (final: FinalBlocks): void => {
    const { epoch, blocks, certificate } = final
    const signed = certificate.signatures.reduce(
      (sum, { voter }) => sum + (epoch.validators.validators[voter]?.weight ?? 0),
      0,
    )
    for (const { height, hash, view, admitted } of blocks) {
      const transactions = admitted.transactions.length
      const { number } = epoch
      const { total } = epoch.validators
      onEvent({ kind: 'stake', epoch: number, height, hash, view, transactions, signed, total })
    }
    hybrid?.finalized(final)
    watch.look()
  }

  const physical = genesis.physical === null ? null : follow(chainRules(genesis.physical))
  function follow(rules: ChainRules): PhysicalFollower {
    const { wallMs, random, pool, onFailure } = init
    const optional = pool === undefined ? {} : { pool }
    return createPhysicalFollower({
      rules,
      sources,
      clock,
      wallMs,
      random,
      verify,
      ...optional,
      onTip,
      onFailure,
    })
  }
  const hybrid = hybridOf(init, verify)
  const alone = genesis.stake === null || hybrid !== null ? null : pureLineage(genesis.stake, verify)
  const chain = (): StakeChain | null => hybrid?.chain() ?? alone
  const stake =
    genesis.stake === null
      ? null
      : createStakeFollower({
          sources,
          chain: () => chain() as StakeChain,
          onVerified(blocks) {
            inclusions.stake(blocks)
            watch.look()
          },
          onFinal,
        })

  const transaction = (id: Hash): TransactionReport => {
    const known = hybrid?.transaction(id)
    if (known != null) return known
    const included = inclusions.of(id)
    if (included === null) return unknownTransaction(id)
    const isFinal =
      hybrid === null && included.by === 'stake' && included.height <= (alone?.final.height ?? 0)
    return { ...unknownTransaction(id), included, fast: isFinal }
  }
  const watch = createWatch(init.watch ?? [], transaction, onEvent)

  const turn = async (): Promise<void> => {
    if (isStopped) return
    if (physical !== null) hybrid?.clock(physical.host.slotNow())
    await Promise.all([physical?.poll(), stake?.poll()])
    if (!isStopped) clock.schedule(pollMs, () => void turn().catch(init.onFailure))
  }

  return {
    start() {
      physical?.start()
      void turn().catch(init.onFailure)
    },
    stop() {
      isStopped = true
      physical?.stop()
    },
    transaction,
    derivedRoot: () => (hybrid === null ? null : deriveRoot(hybrid.follower.state)),
    status: () => ({
      physical: physical && {
        height: physical.core.tip().height,
        slot: physical.core.tip().slot,
        claimed: physical.claimed,
      },
      stake: statusOf(chain(), stake),
      mode: hybrid === null ? null : hybrid.follower.state.mode.recorded === null ? 'FAST' : 'RECORDED',
      sources: sources.reports(),
    }),
  }
}

function statusOf(chain: StakeChain | null, follower: StakeFollower | null): ClientStatus['stake'] {
  if (chain === null || follower === null) return null
  const { epoch, height, final } = chain
  return { epoch: epoch.number, height, final: final.height, claimed: follower.claimed }
}

/** Null without a hybrid in the genesis, or without a physical chain to derive from. */
function hybridOf({ genesis, onEvent }: ClientInit, verify: Verify): Hybrid | null {
  const { stake, physical } = genesis
  if (stake?.hybrid === undefined || physical === null) return null
  return createHybrid({
    genesis: deriveGenesisOf(stake, physical),
    parameters: stake.parameters,
    slotMs: physical.parameters.slotMs,
    verify,
    onEvent,
  })
}
