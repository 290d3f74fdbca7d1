import type { Account } from '@groundwork/ledger'
import { fromHex, toHex } from '@groundwork/primitives'
import { type AppInit, blockId, createApp, getBytes, postJson, refuse } from '@groundwork/program'
import type { HybridStatus } from '@groundwork/program/hybrid'
import { type ChainSegment, encodeSegment, type FinalizedBlock } from '@groundwork/stake-core'
import type { Hono } from 'hono'
import * as z from 'zod'
import type { SubmitResult } from './intake.ts'
import type { PhysicalStatus } from './physical-follower.ts'

/** `GET /v1/status`. */
export interface StatusAnswer {
  readonly version: 1
  readonly name: string
  /** Position in the validator set of the genesis; null of a key that is not in it. */
  readonly validator: number | null
  readonly chainId: string
  readonly epoch: number
  /** listening: not voting yet, looking out for another process with the same key; following: not voting at all, or not in the epoch's set. */
  readonly mode: 'listening' | 'validating' | 'following'
  readonly view: number
  readonly leader: number
  readonly finalView: number
  readonly finalHeight: number
  readonly finalHash: string
  readonly stateRoot: string
  readonly peers: readonly string[]
  readonly mempool: number
  readonly uptimeMs: number
  readonly byzantine: readonly string[]
  /** Null: it follows the stake chain alone. */
  readonly physical: PhysicalStatus | null
  /** Null: nothing is derived from both chains. */
  readonly hybrid: HybridStatus | null
}

export interface ApiInit extends AppInit {
  status(): StatusAnswer
  blockByHash(hash: Uint8Array): Promise<FinalizedBlock | undefined>
  blockByHeight(height: number): Promise<FinalizedBlock | undefined>
  account(address: Uint8Array): Promise<Account>
  submit(encoded: readonly string[]): SubmitResult[]
  /** Finalized blocks above a height. */
  segment(after: number): Promise<ChainSegment>
}

const maxTransactions = 1_000
const maxTransactionHex = 2 * 4_096
const maxBodyBytes = 1024 * 1024

const submission = z.strictObject({
  transactions: z.array(z.string().max(maxTransactionHex)).max(maxTransactions),
})

export function createApi(init: ApiInit): Hono {
  const app = createApp(init)

  app.get('/v1/blocks/:id', async (context) => {
    const id = blockId(context, context.req.param('id'))
    if (id instanceof Response) return id
    const block = await ('hash' in id
      ? init.blockByHash(fromHex(id.hash, 32))
      : init.blockByHeight(id.height))
    if (block === undefined) return refuse(context, 404, 'BLOCK_UNKNOWN', 'no such finalized block')
    return context.json(blockAnswer(block))
  })

  app.get('/v1/accounts/:address', async (context) => {
    const address = context.req.param('address')
    if (!/^[0-9a-f]{64}$/.test(address)) {
      return refuse(
        context,
        400,
        'ACCOUNT_ADDRESS',
        'expected a public key of 64 lower-case hexadecimal digits',
      )
    }
    const { balance, nonce } = await init.account(fromHex(address, 32))
    return context.json({ balance: balance.toString(), nonce })
  })

  getBytes(app, '/v1/stake', '?after= and a height', async ({ after = '' }) =>
    /^\d{1,15}$/.test(after) ? encodeSegment(await init.segment(Number(after))) : null,
  )
  postJson(app, {
    path: '/v1/transactions',
    maxBytes: maxBodyBytes,
    schema: submission,
    shape: '{ "transactions": [hex, ...] }',
    answer: ({ transactions }) => ({ results: init.submit(transactions) }),
  })
  return app
}

function blockAnswer({ block, hash, transactionIds }: FinalizedBlock) {
  const { header } = block
  return {
    hash: toHex(hash),
    height: header.height,
    view: header.view,
    parentHash: toHex(header.parentHash),
    parentView: header.parentView,
    proposer: header.proposer,
    stateRoot: toHex(header.stateRoot),
    transactionsRoot: toHex(header.transactionsRoot),
    skips: block.justification.skips.length,
    transactions: transactionIds.map((id, i) => ({
      id: toHex(id),
      bytes: toHex(block.body[i] as Uint8Array),
    })),
  }
}
