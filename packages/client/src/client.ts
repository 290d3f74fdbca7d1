import { epochOf, type Genesis, initialLedger } from '@groundwork/genesis'
import type { Clock } from '@groundwork/host/pure'
import { blockHashOf, type ChainRules, chainRules, type PhysicalGenesis } from '@groundwork/physical-core'
import type { CheckPool } from '@groundwork/physical-host/pure'
import { type Hash, verifyCofactorless } from '@groundwork/primitives'
import { pureRules, type Verify } from '@groundwork/stake-core'
import type { ClientEvent } from './event.ts'
import { createInclusions } from './inclusions.ts'
import { createPhysicalFollower, type PhysicalFollower, type PhysicalStep } from './physical.ts'
import { type TransactionReport, unknownTransaction } from './report.ts'
import type { Source } from './source.ts'
import { createSources, type SourceReport } from './sources.ts'
import { createStakeChain, type FinalBlocks, type StakeChain } from './stake-chain.ts'
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
  readonly sources: readonly SourceReport[]
}

/** Follows both chains from what nodes say and believes none of it: what it reports was verified here. */
export interface Client {
  start(): void
  stop(): void
  status(): ClientStatus
  transaction(id: Hash): TransactionReport
}

const pollMs = 500

export function createClient(init: ClientInit): Client {
  const { genesis, clock, onEvent } = init
  const verify = init.verify ?? verifyCofactorless
  const inclusions = createInclusions()
  const sources = createSources({ sources: init.sources, clock, onEvent })
  let isStopped = false

  const onTip = (step: PhysicalStep): void => {
    const { tip, reverted, adopted } = step
    inclusions.reverted(reverted)
    inclusions.physical(adopted)
    for (const { block } of adopted) {
      const { height } = block.foliage
      const items = block.items.map(({ kind }) => kind)
      onEvent({
        kind: 'physical',
        height,
        hash: blockHashOf(block.foliage),
        slot: block.trunk.slot,
        weight: height === tip.height ? tip.weight : null,
        items,
        reverted: block === adopted[0]?.block ? reverted.length : 0,
      })
    }
    watch.look()
  }
  const onFinal = ({ epoch, blocks, certificate }: FinalBlocks): void => {
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
  const stake = genesis.stake === null ? null : followStake(genesis.stake)
  function followStake(from: Genesis): { readonly chain: StakeChain; readonly follower: StakeFollower } {
    const epoch = epochOf(from)
    const chain = createStakeChain({
      epoch,
      parameters: from.parameters,
      verify,
      rules: pureRules(epoch),
      base: { view: 0, height: 0, hash: epoch.genesisHash, position: { ledger: initialLedger(from) } },
    })
    const follower = createStakeFollower({
      sources,
      chain: () => chain,
      onVerified(blocks) {
        inclusions.stake(blocks)
        watch.look()
      },
      onFinal,
    })
    return { chain, follower }
  }

  const transaction = (id: Hash): TransactionReport => {
    const included = inclusions.of(id)
    if (included === null) return unknownTransaction(id)
    const isFinal = included.by === 'stake' && included.height <= (stake?.chain.final.height ?? 0)
    return { ...unknownTransaction(id), included, fast: isFinal }
  }
  const watch = createWatch(init.watch ?? [], transaction, onEvent)

  const turn = async (): Promise<void> => {
    if (isStopped) return
    await Promise.all([physical?.poll(), stake?.follower.poll()])
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
    status: () => ({
      physical:
        physical === null
          ? null
          : {
              height: physical.core.tip().height,
              slot: physical.core.tip().slot,
              claimed: physical.claimed,
            },
      stake:
        stake === null
          ? null
          : {
              epoch: stake.chain.epoch.number,
              height: stake.chain.height,
              final: stake.chain.final.height,
              claimed: stake.follower.claimed,
            },
      sources: sources.reports(),
    }),
  }
}
