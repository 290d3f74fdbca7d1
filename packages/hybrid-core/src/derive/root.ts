import { type Bytes, encode, fromHex, type Hash, hash, type Writer, zeroHash } from '@groundwork/primitives'
import type { ModeState, SpaceSnapshot, Target } from '../mode/index.ts'
import { type Input, stateRootOf } from '../stake/index.ts'
import type { DeriveState, PendingBlock } from './state.ts'

/** I10: equal for equal prefixes of the physical chain, on every node and on a replay from genesis. */
export function deriveRoot(state: DeriveState): Hash {
  const known = roots.get(state)
  if (known !== undefined) return known
  const root = hash(
    'groundwork/derive-state/1',
    encode((out) => writeDigest(out, state)),
  )
  roots.set(state, root)
  return root
}

const roots = new WeakMap<DeriveState, Hash>()

/** Everything that later states depend on; large parts by their hash. */
function writeDigest(out: Writer, state: DeriveState): void {
  out.u64(state.height)
  out.fixed(state.hash, 32)
  out.bytes(encodeMode(state.mode, (snapshot) => snapshotRoot(snapshot)))
  out.fixed(state.epoch.id, 32)
  out.fixed(state.epoch.seed, 32)
  const { tip } = state
  out.fixed(tip.hash, 32)
  out.u64(tip.height)
  out.u64(tip.view)
  out.u64(tip.anchor.height)
  out.fixed(tip.anchor.hash, 32)
  out.fixed(tip.anchor.seed, 32)
  out.u64(tip.anchor.epoch)
  out.fixed(tip.parentSeed, 32)
  out.u64(tip.credit)
  out.fixed(stateRootOf(state.execution), 32)
  out.fixed(stateRootOf(state.anchored), 32)
  out.u32(state.pending.length)
  for (const block of state.pending) out.fixed(pendingRoot(block), 32)
  out.u64(state.refreshedEpoch)
  out.u32(state.spaces.size)
  for (const [number, space] of state.spaces) {
    out.u64(number)
    out.fixed(snapshotRoot(space), 32)
  }
  out.u32(state.epochs.length)
  for (const { epoch, ended } of state.epochs) {
    out.fixed(epoch.id, 32)
    out.u64(ended === null ? 0 : ended + 1)
  }
  out.u32(state.clocks.size)
  for (const [id, at] of [...state.clocks].sort(([a], [b]) => a - b)) {
    out.u64(id)
    out.u64(at + 1)
  }
  out.fixed(state.lastFinal?.hash ?? zeroHash, 32)
  out.u32(state.targets.length)
  for (const { window, execution } of state.targets) {
    out.u64(window)
    out.fixed(stateRootOf(execution), 32)
  }
}

function writeTarget(out: Writer, { window, hash }: Target): void {
  out.u64(window + 1)
  out.bytes(fromHex(hash))
}

/** Keys in hexadecimal, as derive has them. `space` writes the frozen snapshot. */
export function encodeMode(mode: ModeState, space: (snapshot: SpaceSnapshot) => Bytes): Bytes {
  return encode((out) => {
    out.u64(mode.height)
    out.u64(mode.lastCheckpoint)
    out.u64(mode.backoff)
    out.u64(mode.fastBlocks)
    out.u64(mode.exits)
    writeKeys(out, mode.banned)
    out.u8(mode.recorded === null ? 0 : 1)
    if (mode.recorded === null) return
    const { recorded } = mode
    out.u64(recorded.trigger)
    out.u64(recorded.firstWindow)
    out.u32(recorded.validators.size)
    for (const [key, weight] of [...recorded.validators].sort(byKey)) {
      out.fixed(fromHex(key), 32)
      out.u64(weight)
    }
    out.bytes(space(recorded.snapshot))
    out.u64(recorded.needed)
    out.u64(recorded.streak)
    out.u8(recorded.open === null ? 0 : 1)
    if (recorded.open !== null) {
      writeTarget(out, recorded.open)
      writeTarget(out, recorded.open.source)
    }
    writeKeys(out, recorded.present)
    writeKeys(out, recorded.space)
    writeTarget(out, recorded.justified)
    out.u8(recorded.finalised === null ? 0 : 1)
    if (recorded.finalised !== null) writeTarget(out, recorded.finalised)
    out.u32(recorded.deposits.length)
    for (const { validator, amount, age } of recorded.deposits) {
      out.fixed(fromHex(validator), 32)
      out.u64(amount)
      out.u64(age)
    }
    out.u64(recorded.silentWindows)
  })
}

const byKey = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]) => (a < b ? -1 : 1)

function writeKeys(out: Writer, keys: ReadonlySet<string>): void {
  out.u32(keys.size)
  for (const key of [...keys].sort()) out.fixed(fromHex(key), 32)
}

function snapshotRoot(snapshot: SpaceSnapshot): Hash {
  const known = snapshotRoots.get(snapshot.plots)
  if (known !== undefined) return known
  const root = hash(
    'groundwork/space-snapshot/1',
    encode((out) => {
      for (const [plot, size] of [...snapshot.plots].sort(byKey)) {
        out.fixed(fromHex(plot), 32)
        out.bigU64(size)
      }
    }),
  )
  snapshotRoots.set(snapshot.plots, root)
  return root
}

const snapshotRoots = new WeakMap<SpaceSnapshot['plots'], Hash>()

function pendingRoot(block: PendingBlock): Hash {
  const known = pendingRoots.get(block)
  if (known !== undefined) return known
  const root = hash(
    'groundwork/pending/1',
    encode((out) => writePending(out, block)),
  )
  pendingRoots.set(block, root)
  return root
}

const pendingRoots = new WeakMap<PendingBlock, Hash>()

export function writePending(out: Writer, block: PendingBlock): void {
  out.u64(block.height)
  out.fixed(block.hash, 32)
  out.fixed(block.seed, 32)
  out.u64(block.epoch)
  for (const root of block.laneRoots) out.fixed(root, 32)
  out.u32(block.inputs.length)
  for (const input of block.inputs) writeInput(out, input)
}

/** A rule's number is a position in this list, from 1. */
export const offenceRules = ['S1', 'S2', 'S3', 'S4', 'R1', 'R2'] as const

function writeInput(out: Writer, input: Input): void {
  switch (input.kind) {
    case 'payout':
      out.u8(1)
      return out.u64(input.lot)
    case 'forced':
      out.u8(2)
      return out.bytes(input.transaction)
    case 'slash':
      out.u8(3)
      out.fixed(fromHex(input.validator), 32)
      out.u8(offenceRules.indexOf(input.rule) + 1)
      return out.u64(input.height)
  }
}
