import { blockHashOf, type CheckedBlock, type PhysicalBlock } from '@groundwork/physical-core'
import { fromHex, toHex } from '@groundwork/primitives'
import { type AppInit, blockId, createApp, getPhysicalFrames, postJson, refuse } from '@groundwork/program'
import type { HybridStatus } from '@groundwork/program/hybrid'
import type { Hono } from 'hono'
import * as z from 'zod'
import type { SubmittedItem } from './item-intake.ts'

/** `GET /v1/status`. */
export interface FarmerStatus {
  readonly version: 1
  readonly name: string
  /** Names the physical chain. */
  readonly chain: string
  /** listening: not farming yet, looking out for another process with the same key; following: not farming at all. */
  readonly mode: 'listening' | 'farming' | 'following'
  readonly height: number
  readonly hash: string
  readonly slot: number
  /** Sum of difficulties, decimal. */
  readonly weight: string
  /** Where the clock is. */
  readonly slotNow: number
  readonly epoch: number
  readonly difficulty: string
  /** The newest block that is kappa deep. */
  readonly confirmed: { readonly height: number; readonly hash: string }
  readonly peers: readonly string[]
  /** A peer whose chain is being fetched. */
  readonly syncingFrom: string | null
  readonly plots: readonly {
    readonly plot: string
    readonly k: number
    readonly active: boolean
    readonly located: boolean
  }[]
  /** Being made or waiting to be. */
  readonly plotsMissing: number
  readonly plotsRefused: number
  readonly timelord: boolean
  /** Slots that began and are not known. */
  readonly vdfLagSlots: number
  /** In the lottery's unit, decimal. */
  readonly space: {
    readonly registered: string
    readonly estimated: string
    /** What this is. */
    readonly note: string
  }
  readonly mempool: number
  /** Null: it knows nothing of a stake chain. */
  readonly hybrid: HybridStatus | null
  readonly uptimeMs: number
  readonly byzantine: readonly string[]
}

/** Said wherever space is quoted. */
export const modelledSpace =
  'modelled: a plot of k=16 is recomputed in less than a slot; CPU replaces disk at this size'

export interface FarmerApiInit extends AppInit {
  status(): FarmerStatus
  blockByHash(hash: Uint8Array): Promise<CheckedBlock | undefined>
  blockByHeight(height: number): Promise<CheckedBlock | undefined>
  submit(encoded: readonly string[]): readonly SubmittedItem[]
  /** Of the physical chain's protocol: the answer to a request. */
  frame(request: Uint8Array): Promise<Uint8Array | null>
}

const maxItems = 64
const maxBodyBytes = 1024 * 1024

const submission = z.strictObject({ items: z.array(z.string()).max(maxItems) })

export function createFarmerApi(init: FarmerApiInit): Hono {
  const app = createApp(init)
  app.get('/v1/blocks/:id', async (context) => {
    const id = blockId(context, context.req.param('id'))
    if (id instanceof Response) return id
    const found = await ('hash' in id
      ? init.blockByHash(fromHex(id.hash, 32))
      : init.blockByHeight(id.height))
    if (found === undefined) return refuse(context, 404, 'BLOCK_UNKNOWN', 'no such block')
    return context.json(blockAnswer(found.block))
  })
  app.get('/v1/blocks', async (context) => {
    const id = blockId(context, context.req.query('height') ?? '')
    if (id instanceof Response) return id
    if ('hash' in id) return refuse(context, 400, 'BLOCK_ID', 'expected ?height= and a number')
    const found = await init.blockByHeight(id.height)
    if (found === undefined) return refuse(context, 404, 'BLOCK_UNKNOWN', 'no such block on the best chain')
    return context.json(blockAnswer(found.block))
  })
  getPhysicalFrames(app, init.frame)
  postJson(app, {
    path: '/v1/items',
    maxBytes: maxBodyBytes,
    schema: submission,
    shape: '{ "items": [hex, ...] }',
    answer: ({ items }) => ({ results: init.submit(items) }),
  })
  return app
}

function blockAnswer({ trunk, foliage, items }: PhysicalBlock) {
  return {
    hash: toHex(blockHashOf(foliage)),
    height: foliage.height,
    slot: trunk.slot,
    parentHash: toHex(foliage.parentHash),
    farmer: toHex(foliage.farmer),
    plot: toHex(trunk.plotId),
    k: trunk.k,
    proof: toHex(trunk.proof),
    items: items.map(({ kind }) => kind),
  }
}
