import { proveState, stateRootOf } from '@groundwork/hybrid-core'
import type { HybridFollower, LedgerName, TransactionStatus } from '@groundwork/hybrid-host'
import { fromHex, toHex } from '@groundwork/primitives'
import type { Hono } from 'hono'
import { refuse } from '../api.ts'

/** In `GET /v1/status` of whoever follows both chains. */
export interface HybridStatus {
  readonly mode: 'FAST' | 'RECORDED'
  /** Height of the physical chain up to which everything is derived. */
  readonly derived: number
  /** Physical blocks since the last refreshing checkpoint, and after how many RECORDED begins. */
  readonly sinceCheckpoint: number
  readonly stallDeadline: number
  /** Number of the stake chain's epoch, as the physical chain has it at its tip. */
  readonly epoch: number
  /** Last blocks of the stake chain in each ledger, and how much of the physical chain is in it. */
  readonly ledgers: Readonly<
    Record<LedgerName, { readonly epoch: number; readonly height: number; readonly physicalHeight: number }>
  >
  readonly hazards: number
  /** After a hazard: the ledgers stand still until a person decides. */
  readonly isHalted: boolean
}

const ledgerNames: readonly LedgerName[] = ['fast', 'anchored', 'phys']

export function hybridStatus(follower: HybridFollower): HybridStatus {
  const { state } = follower
  const ledgers = follower.ledgers()
  const point = (name: LedgerName) => {
    const { stake, physicalHeight } = ledgers[name]
    return { epoch: stake.epoch, height: stake.height, physicalHeight }
  }
  return {
    mode: state.mode.recorded === null ? 'FAST' : 'RECORDED',
    derived: state.height,
    sinceCheckpoint: state.height - state.mode.lastCheckpoint,
    stallDeadline: follower.context.parameters.stallDeadlineBlocks,
    epoch: state.epoch.number,
    ledgers: { fast: point('fast'), anchored: point('anchored'), phys: point('phys') },
    hazards: follower.hazards.length,
    isHalted: follower.isHalted,
  }
}

/**
 * `/v1/ledgers/{fast,anchored,phys}/accounts/:address` with a proof, `/v1/transactions/:id` and `/v1/hazards`. Everything
 * can be checked against a state root that a client gets by following the chains itself.
 */
export function serveHybrid(app: Hono, follower: HybridFollower): void {
  app.get('/v1/ledgers/:ledger/accounts/:address', (context) => {
    const name = ledgerNames.find((known) => known === context.req.param('ledger'))
    if (name === undefined)
      return refuse(context, 404, 'LEDGER_UNKNOWN', `expected one of ${ledgerNames.join(', ')}`)
    const address = context.req.param('address')
    if (!/^[0-9a-f]{64}$/.test(address))
      return refuse(
        context,
        400,
        'ACCOUNT_ADDRESS',
        'expected a public key of 64 lower-case hexadecimal digits',
      )
    const { execution, stake, physicalHeight } = follower.ledgers()[name]
    const { balance, nonce } = execution.ledger.account(fromHex(address, 32))
    const { proof, ledgerRoot, stakeRoot } = proveState(execution, fromHex(address, 32))
    const { siblings, other } = proof
    return context.json({
      ledger: name,
      balance: `${balance}`,
      nonce,
      stateRoot: toHex(stateRootOf(execution)),
      stake: { ...stake, hash: toHex(stake.hash) },
      physicalHeight,
      proof: {
        ledgerRoot: toHex(ledgerRoot),
        stakeRoot: toHex(stakeRoot),
        siblings: siblings.map((sibling) => toHex(sibling)),
        other: other && {
          address: toHex(other.address),
          balance: `${other.account.balance}`,
          nonce: other.account.nonce,
        },
      },
    })
  })
  app.get('/v1/transactions/:id', (context) => {
    const id = context.req.param('id')
    if (!/^[0-9a-f]{64}$/.test(id))
      return refuse(context, 400, 'TRANSACTION_ID', 'expected 64 lower-case hexadecimal digits')
    const status = follower.transaction(fromHex(id, 32))
    if (status === null) return refuse(context, 404, 'TRANSACTION_UNKNOWN', 'in none of the last blocks')
    return context.json(transactionAnswer(status))
  })
  app.get('/v1/hazards', (context) =>
    context.json({
      hazards: follower.hazards.map(({ kind, reason, branch, lost, instead }) => ({
        kind,
        reason,
        tip: toHex(branch.tip),
        height: branch.height,
        fork: branch.fork,
        lost: lost.map((block) => ({ height: block.height, hash: toHex(block.hash) })),
        instead: instead.map((block) => ({ height: block.height, hash: toHex(block.hash) })),
      })),
    }),
  )
}

function transactionAnswer({ included, spaceTimeCost, ...rest }: TransactionStatus) {
  const where = included.by === 'stake' ? { ...included, hash: toHex(included.hash) } : included
  return { ...rest, included: where, spaceTimeCost: spaceTimeCost === null ? null : `${spaceTimeCost}` }
}
