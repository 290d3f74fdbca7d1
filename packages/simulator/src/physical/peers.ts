import {
  blockHashOf,
  type ChainSync,
  type CheckedBlock,
  type Item,
  itemHashOf,
  maxSlotsPerAnswer,
  type PhysicalBlock,
  type PhysicalCore,
  type PhysicalEvent,
  type PhysicalMessage,
  rangeFor,
  type SyncEvent,
  type Want,
} from '@groundwork/physical-core'
import { equal, forgetOldest, type Hash, type Hex, type Prng, toHex } from '@groundwork/primitives'
import type { FarmerDisk } from './disk.ts'
import type { FarmMessage } from './messages.ts'
import { isModelSlotProof, modelQuality } from './model.ts'

export interface PeersInit {
  readonly core: PhysicalCore
  readonly sync: ChainSync
  readonly disk: FarmerDisk
  readonly genesisHash: Hash
  readonly random: Prng
  /** Connected peers. */
  peers(): readonly string[]
  send(to: string, message: FarmMessage): void
  step(event: PhysicalEvent): void
  refuse(reason: string): void
  schedule(afterMs: number, action: () => void): void
  offer(items: readonly Item[], from: string): void
}

/** What a farmer does with what others say: checks it, hands it to the core, passes it on, answers requests. */
export interface Peers {
  receive(from: string, message: PhysicalMessage): void
  fetch(want: Want, hint: string | null): void
  sync(event: SyncEvent): void
}

const syncTimeoutMs = 3000
const ancestorsPerRequest = 31

export function createPeers(init: PeersInit): Peers {
  const { core, disk, step, send, refuse } = init
  /** Messages are passed by reference: what was seen is not passed on again. */
  const seen = new WeakSet<object>()
  const passed = new Set<Hex>()

  const passOn = (message: PhysicalMessage, from: string): void => {
    for (const peer of init.peers()) if (peer !== from) send(peer, message)
  }
  /** Each once: what is said again was missing where it was said, not everywhere. */
  const passOnItems = (items: readonly Item[], from: string): void => {
    const fresh = items.filter((item) => !passed.has(keyOf(item)))
    for (const item of fresh) passed.add(keyOf(item))
    forgetOldest(passed, maxPassed)
    if (fresh.length > 0) passOn({ kind: 'items', items: fresh }, from)
  }
  const checked = (blocks: readonly PhysicalBlock[]): CheckedBlock[] =>
    blocks.flatMap((block) => {
      const quality = modelQuality(block.trunk)
      if (quality === null) refuse('proof-invalid')
      return quality === null ? [] : [{ block, quality }]
    })
  const good = <T extends Parameters<typeof isModelSlotProof>[0]>(proofs: readonly T[]): T[] =>
    proofs.filter((proof) => {
      const holds = isModelSlotProof(proof)
      if (!holds) refuse('vdf-invalid')
      return holds
    })

  const onBlock = (message: PhysicalMessage & { kind: 'block' }, from: string): void => {
    const fault = core.blockFault(message.block)
    if (fault === 'known') return
    if (fault !== null) return refuse(fault)
    const blocks = checked([message.block])
    if (blocks.length === 0) return
    passOn(message, from)
    step({ kind: 'blocks', blocks, from })
  }

  const bestHeight = (hash: Hash): number | null => {
    if (equal(hash, init.genesisHash)) return 0
    const height = disk.heightOf(hash)
    if (height === null) return null
    const { root } = core.heights()
    const best = height >= root ? core.hashAt(height) : hash
    return best !== null && equal(best, hash) ? height : null
  }

  const answerRange = (to: string, locator: readonly Hash[], max: number): void => {
    const tip = core.tip()
    const range = rangeFor(locator, bestHeight, tip.height, max)
    const chain = range === null ? [] : disk.lineage(tip.hash, tip.height - range.from)
    const length = range === null ? 0 : range.to - range.from + 1
    send(to, { kind: 'blocks', blocks: chain.slice(0, length).map(({ block }) => block) })
  }

  const sync = (event: SyncEvent): void => {
    const view = {
      weight: core.tip().weight,
      waiting: core.state.waiting.size,
      locator: () => core.locator(),
    }
    for (const effect of init.sync.step(event, view)) {
      if (effect.kind === 'request')
        send(effect.to, { kind: 'range-request', locator: effect.locator, max: effect.max })
      else if (effect.kind === 'timer')
        init.schedule(syncTimeoutMs, () => sync({ kind: 'timer', request: effect.request }))
      else if (effect.kind === 'drop') refuse(effect.reason)
    }
  }

  return {
    sync,
    receive(from, message) {
      switch (message.kind) {
        case 'slot-proof': {
          if (seen.has(message)) return
          seen.add(message)
          const fault = core.slotFault(message.proof)
          if (fault !== null || good([message.proof]).length === 0) return
          passOn(message, from)
          return step({ kind: 'slots', proofs: [message.proof], live: true, from })
        }
        case 'slots':
          return step({ kind: 'slots', proofs: good(message.proofs), live: false, from })
        case 'block':
          if (seen.has(message)) return
          seen.add(message)
          return onBlock(message, from)
        case 'blocks': {
          step({ kind: 'blocks', blocks: checked(message.blocks), from })
          const hashes = message.blocks.map(({ foliage }) => blockHashOf(foliage))
          return sync({ kind: 'answer', from, hashes })
        }
        case 'items':
          if (seen.has(message)) return
          seen.add(message)
          passOnItems(message.items, from)
          return init.offer(message.items, from)
        case 'status':
          return sync({ kind: 'status', from, status: message.status })
        case 'block-request': {
          const blocks = disk.lineage(message.hash, message.ancestors).map(({ block }) => block)
          return send(from, { kind: 'blocks', blocks })
        }
        case 'range-request':
          return answerRange(from, message.locator, message.max)
        case 'slots-request': {
          const proofs = disk.slots(message.seed, message.from, message.to)
          return send(from, { kind: 'slots', proofs: proofs.slice(0, maxSlotsPerAnswer) })
        }
      }
    },
    fetch(want, hint) {
      const others = init.peers()
      if (others.length === 0) return
      // The hint may be the one that lacks it: now and then anybody is asked.
      const hinted = hint !== null && others.includes(hint) && !init.random.chance(1, 3)
      const to = hinted ? (hint as string) : init.random.pick(others)
      if (want.kind === 'block')
        send(to, { kind: 'block-request', hash: want.hash, ancestors: ancestorsPerRequest })
      else send(to, { kind: 'slots-request', seed: want.seed, from: want.from, to: want.to })
    },
  }
}

const maxPassed = 4096
/** Items are passed by reference: each is hashed once in a world. */
const keys = new WeakMap<Item, Hex>()

function keyOf(item: Item): Hex {
  const known = keys.get(item) ?? toHex(itemHashOf(item))
  keys.set(item, known)
  return known
}
