import type { PhysicalStore } from '@groundwork/host/pure'
import {
  type ChainRules,
  maxBlocksPerAnswer,
  maxSlotsPerAnswer,
  type PhysicalBlock,
  type PhysicalCore,
  type PhysicalMessage,
  rangeFor,
} from '@groundwork/physical-core'
import { equal, type Hash } from '@groundwork/primitives'

export type PhysicalRequest = Extract<
  PhysicalMessage,
  { kind: 'block-request' | 'range-request' | 'slots-request' }
>
/** Null: nothing to say. */
export type PhysicalServer = (request: PhysicalRequest) => Promise<PhysicalMessage | null>

export interface ServerInit {
  readonly rules: ChainRules
  readonly core: Pick<PhysicalCore, 'chainOf' | 'hashAt' | 'heights'>
  readonly store: PhysicalStore
}

/** An answer stops growing here; the asker comes back. */
const maxAnswerBytes = 2 * 1024 * 1024

/** Answers requests from the store. Nobody is answered who asks for a block that is not here. */
export function createServer({ rules, core, store }: ServerInit): PhysicalServer {
  /** Of a block of the best chain. */
  const heightOf = async (hash: Hash): Promise<number | null> => {
    if (equal(hash, rules.chainId)) return 0
    const known = core.chainOf(hash)?.height ?? (await store.blockByHash(hash))?.block.foliage.height
    if (known === undefined) return null
    const there = core.hashAt(known) ?? (await store.hashAt(known))
    return there !== undefined && there !== null && equal(there, hash) ? known : null
  }

  const range = async (locator: readonly Hash[], max: number): Promise<PhysicalBlock[]> => {
    for (const hash of locator) {
      const height = await heightOf(hash)
      if (height === null) continue
      const found = rangeFor([hash], () => height, core.heights().tip, max)
      return found === null ? [] : bodies(found.from, found.to)
    }
    return []
  }

  const bodies = async (from: number, to: number): Promise<PhysicalBlock[]> => {
    const blocks: PhysicalBlock[] = []
    let bytes = 0
    for (let height = from; height <= to && bytes < maxAnswerBytes; height++) {
      const hash = core.hashAt(height) ?? (await store.hashAt(height))
      const stored = hash === undefined || hash === null ? undefined : await store.blockByHash(hash)
      if (stored === undefined) break
      blocks.push(stored.block)
      bytes += roughBytes(stored.block)
    }
    return blocks
  }

  const ancestors = async (hash: Hash, count: number): Promise<PhysicalBlock[]> => {
    const blocks: PhysicalBlock[] = []
    let bytes = 0
    for (let at = hash; blocks.length < count && bytes < maxAnswerBytes; ) {
      const stored = await store.blockByHash(at)
      if (stored === undefined) break
      blocks.unshift(stored.block)
      bytes += roughBytes(stored.block)
      at = stored.block.foliage.parentHash
    }
    return blocks
  }

  return async (request) => {
    switch (request.kind) {
      case 'block-request': {
        const blocks = await ancestors(request.hash, Math.min(request.ancestors + 1, maxBlocksPerAnswer))
        return blocks.length > 0 ? { kind: 'blocks', blocks } : null
      }
      case 'range-request':
        return { kind: 'blocks', blocks: await range(request.locator, request.max) }
      case 'slots-request': {
        const to = Math.min(request.to, request.from + maxSlotsPerAnswer - 1)
        if (request.from > to) return null
        return { kind: 'slots', proofs: await store.slots(request.seed, request.from, to) }
      }
    }
  }
}

function roughBytes({ trunk, items }: PhysicalBlock): number {
  let bytes = 800 + trunk.proof.length
  for (const item of items) bytes += 'bytes' in item ? item.bytes.length : 1024
  return bytes
}
