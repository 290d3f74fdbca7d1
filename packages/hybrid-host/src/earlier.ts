import type { DeriveState, Height } from '@groundwork/hybrid-core'
import { equal, type Hash, type Hex } from '@groundwork/primitives'
import type { Adoption, DerivedBlock } from './branch.ts'
import type { ToldBlock } from './journal.ts'

/** Blocks that clients were told of before this start, until the chains have decided about them. */
export interface Earlier {
  /** Whether it is one of them. */
  has(key: Hex): boolean
  /** What becomes of it is seen elsewhere from now on. */
  release(key: Hex): void
  /** Whether it was found that it does not hold. */
  wasLost(key: Hex): boolean
  /** The branch begins anew. Whatever its root has checkpointed was held against what was delivered when that happened. */
  begin(root: DeriveState): void
  /** The best branch moved, perhaps a part of the way. What is confirmed then is looked at block by block. */
  adopted(adoption: Adoption, confirmed: Height): void
  /** What was found not to hold since it was last asked. */
  takeLost(): readonly Lost[]
}

export interface Lost {
  readonly reason: string
  readonly blocks: readonly ToldBlock[]
  /** The confirmed state that decided it. */
  readonly by: DeriveState
}

/** `isHeld`: blocks that this process has again; delivery follows those. */
export function createEarlier(told: ReadonlyMap<Hex, ToldBlock>, isHeld: (key: Hex) => boolean): Earlier {
  const open = new Map(told)
  const gone = new Set<Hex>()
  let lost: Lost[] = []
  /** Of the best branch, not confirmed yet; kept only while something is open. */
  let tail: readonly DerivedBlock[] = []

  const look = ({ state, segment }: DerivedBlock): void => {
    for (const key of segment?.hashes ?? []) open.delete(key)
    const found = new Map<string, ToldBlock[]>()
    for (const [key, block] of open) {
      const reason = isHeld(key) ? null : lossReason(state, block)
      if (reason === null) continue
      open.delete(key)
      gone.add(key)
      found.set(reason, [...(found.get(reason) ?? []), block])
    }
    for (const [reason, blocks] of found) lost.push({ reason, blocks, by: state })
  }

  return {
    has: (key) => open.has(key),
    release: (key) => void open.delete(key),
    wasLost: (key) => gone.has(key),
    begin(root) {
      tail = []
      const { tip, epoch } = root
      const isChecked = (block: ToldBlock) =>
        equal(block.epochId, epoch.id) ? block.height <= tip.height : voidReason(root, block) !== null
      const atTip = [...open.values()].find(
        ({ epochId, height }) => equal(epochId, epoch.id) && height === tip.height,
      )
      // Another block than the root's: then nothing below it is certain either.
      if (atTip !== undefined && !equal(atTip.hash, tip.hash)) return
      for (const [key, block] of open) if (isChecked(block)) open.delete(key)
    },
    adopted({ fork, adopted }, confirmed) {
      if (open.size === 0) return
      tail = [...tail.filter(({ state }) => state.height <= fork), ...adopted]
      const deep = tail.filter(({ state }) => state.height <= confirmed)
      tail = tail.slice(deep.length)
      for (const block of deep) look(block)
    },
    takeLost() {
      const taken = lost
      lost = []
      return taken
    },
  }
}

function lossReason(deep: DeriveState, block: ToldBlock): string | null {
  const { height, hash } = block.anchor
  return height === deep.height && !equal(hash, deep.hash) ? 'anchor-orphaned' : voidReason(deep, block)
}

/** R5a: why a block that the confirmed state does not hold never will be checkpointed, or null if it still may. */
export function voidReason(
  deep: DeriveState,
  { epochId, height }: { readonly epochId: Hash; readonly height: number },
): string | null {
  const isRunning = equal(epochId, deep.epoch.id)
  if (isRunning && deep.mode.recorded !== null) return 'recorded'
  if (isRunning) return height <= deep.tip.height ? 'other-checkpoint' : null
  const known = deep.epochs.find(({ epoch }) => equal(epoch.id, epochId))
  return known === undefined ? null : 'epoch-ended'
}
