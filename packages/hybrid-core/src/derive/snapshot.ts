import { emptyLedger } from '@groundwork/ledger'
import {
  type Bytes,
  CodedError,
  decode,
  encode,
  equal,
  fromHex,
  type Hash,
  type Reader,
  toHex,
  type Writer,
} from '@groundwork/primitives'
import { createEpoch, type Epoch, readList, validatorSet } from '@groundwork/stake-core'
import type { Execution, Input } from '../stake/index.ts'
import { decodeStake, encodeStake } from '../stake/index.ts'
import { decodeMode } from './mode-snapshot.ts'
import { deriveRoot, encodeMode, offenceRules, writePending } from './root.ts'
import type { CheckpointTip, DeriveState, PendingBlock, SpaceOfEpoch } from './state.ts'

/** Of a whole state on disk; golden vectors pin what is in it, not this. */
export const snapshotVersion = 1
const listMax = 10_000_000

/** Everything about a state, so that a node need not derive from genesis again. Ends with the state's root. */
export function encodeState(state: DeriveState): Bytes {
  const spaces = [...state.spaces.values()]
  return encode((out) => {
    out.u8(snapshotVersion)
    out.u64(state.height)
    out.fixed(state.hash, 32)
    out.u32(state.spaces.size)
    for (const [number, space] of state.spaces) {
      out.u64(number)
      writeSpace(out, space)
    }
    // The frozen space is one of those above: by its place.
    out.bytes(
      encodeMode(state.mode, ({ plots }) =>
        encode((inner) => inner.u32(spaces.findIndex((space) => space.plots === plots))),
      ),
    )
    writeEpoch(out, state.epoch)
    writeTip(out, state.tip)
    writeExecution(out, state.execution)
    writeExecution(out, state.anchored)
    writeAll(out, state.pending, writePending)
    out.u64(state.refreshedEpoch)
    writeAll(out, state.epochs, (inner, { epoch, ended }) => {
      writeEpoch(inner, epoch)
      inner.u64(ended === null ? 0 : ended + 1)
    })
    writeAll(out, [...state.clocks], (inner, [id, at]) => {
      inner.u64(id)
      inner.u64(at + 1)
    })
    out.u8(state.lastFinal === null ? 0 : 1)
    if (state.lastFinal !== null) {
      const { epochId, hash, view, signers } = state.lastFinal
      out.fixed(epochId, 32)
      out.fixed(hash, 32)
      out.u64(view)
      writeAll(out, signers, (inner, key) => inner.fixed(fromHex(key), 32))
    }
    writeAll(out, state.targets, (inner, { window, execution }) => {
      inner.u64(window)
      writeExecution(inner, execution)
    })
    out.fixed(deriveRoot(state), 32)
  })
}

/** Throws `CODEC_*`, and `DERIVE_SNAPSHOT` where the state does not have the root that the snapshot ends with. */
export function decodeState(bytes: Bytes): DeriveState {
  return decode(bytes, (from) => {
    if (from.u8() !== snapshotVersion) throw new CodedError('CODEC_VERSION', 'unknown snapshot version')
    const height = from.u64()
    const hash = from.fixed(32)
    const spaces = new Map(readList(from, listMax, (item) => [item.u64(), readSpace(item)] as const))
    const frozen = [...spaces.values()]
    const mode = decodeMode(from.bytes(1 << 28), (space) => {
      const found = frozen[decode(space, (item) => item.u32())]
      if (found === undefined) throw new CodedError('CODEC_VALUE', 'unknown space')
      return { plots: found.plots, total: found.total }
    })
    const state: DeriveState = {
      height,
      hash,
      spaces,
      mode,
      epoch: readEpoch(from),
      tip: readTip(from),
      execution: readExecution(from),
      anchored: readExecution(from),
      pending: readList(from, listMax, readPending),
      refreshedEpoch: from.u64(),
      epochs: readList(from, listMax, (item) => ({ epoch: readEpoch(item), ended: orNull(item.u64()) })),
      clocks: new Map(readList(from, listMax, (item) => [item.u64(), item.u64() - 1] as const)),
      lastFinal:
        from.u8() === 0
          ? null
          : {
              epochId: from.fixed(32),
              hash: from.fixed(32),
              view: from.u64(),
              signers: readList(from, listMax, (item) => toHex(item.fixed(32))),
            },
      targets: readList(from, listMax, (item) => ({ window: item.u64(), execution: readExecution(item) })),
    }
    if (!equal(from.fixed(32), deriveRoot(state)))
      throw new CodedError('DERIVE_SNAPSHOT', 'the snapshot is not of the state that it names')
    return state
  })
}

const orNull = (value: number) => (value === 0 ? null : value - 1)

function writeAll<T>(out: Writer, items: readonly T[], write: (out: Writer, item: T) => void): void {
  out.u32(items.length)
  for (const item of items) write(out, item)
}

function writeSpace(out: Writer, { plots, farmers }: SpaceOfEpoch): void {
  writeAll(out, [...plots], (inner, [key, size]) => {
    inner.fixed(fromHex(key), 32)
    inner.bigU64(size)
    const { farmer, k } = farmers.get(key)!
    inner.fixed(farmer, 32)
    inner.u8(k)
  })
}

function readSpace(from: Reader): SpaceOfEpoch {
  const plots = new Map<string, bigint>()
  const farmers = new Map<string, { farmer: Uint8Array; k: number }>()
  let total = 0n
  readList(from, listMax, (item) => {
    const key = toHex(item.fixed(32))
    const size = item.bigU64()
    plots.set(key, size)
    farmers.set(key, { farmer: item.fixed(32), k: item.u8() })
    total += size
  })
  return { plots, farmers, total }
}

function writeEpoch(out: Writer, epoch: Epoch): void {
  for (const hash of [epoch.chainId, epoch.genesisHash, epoch.seed]) out.fixed(hash, 32)
  out.u64(epoch.number)
  writeAll(out, epoch.validators.validators, (inner, { publicKey, weight }) => {
    inner.fixed(publicKey, 32)
    inner.u64(weight)
  })
}

function readEpoch(from: Reader): Epoch {
  const [chainId, genesisHash, seed] = [from.fixed(32), from.fixed(32), from.fixed(32)]
  const number = from.u64()
  const validators = readList(from, listMax, (item) => ({ publicKey: item.fixed(32), weight: item.u64() }))
  if (validators.length === 0 || validators.length > 1000)
    throw new CodedError('CODEC_VALUE', 'no set of validators')
  return createEpoch({ chainId, number, genesisHash, validators: validatorSet(validators), seed })
}

function writeTip(out: Writer, { hash, height, view, anchor, parentSeed, credit }: CheckpointTip): void {
  out.fixed(hash, 32)
  out.u64(height)
  out.u64(view)
  out.u64(anchor.height)
  out.fixed(anchor.hash, 32)
  out.fixed(anchor.seed, 32)
  out.u64(anchor.epoch)
  out.fixed(parentSeed, 32)
  out.u64(credit)
}

function readTip(from: Reader): CheckpointTip {
  return {
    hash: from.fixed(32),
    height: from.u64(),
    view: from.u64(),
    anchor: { height: from.u64(), hash: from.fixed(32), seed: from.fixed(32), epoch: from.u64() },
    parentSeed: from.fixed(32),
    credit: from.u64(),
  }
}

function writeExecution(out: Writer, { ledger, stake }: Execution): void {
  out.bytes(encodeStake(stake))
  out.u32(ledger.size)
  for (const [address, { balance, nonce }] of ledger.entries()) {
    out.fixed(address, 32)
    out.bigU64(balance)
    out.u64(nonce)
  }
}

function readExecution(from: Reader): Execution {
  const stake = decodeStake(from.bytes(1 << 28))
  let ledger = emptyLedger()
  readList(from, listMax, (item) => {
    ledger = ledger.set(item.fixed(32), { balance: item.bigU64(), nonce: item.u64() })
  })
  return { ledger, stake }
}

function readPending(from: Reader): PendingBlock {
  return {
    height: from.u64(),
    hash: from.fixed(32),
    seed: from.fixed(32),
    epoch: from.u64(),
    laneRoots: [from.fixed(32), from.fixed(32)] as [Hash, Hash],
    inputs: readList(from, listMax, readInput),
  }
}

function readInput(from: Reader): Input {
  const kind = from.u8()
  if (kind === 1) return { kind: 'payout', lot: from.u64() }
  if (kind === 2) return { kind: 'forced', transaction: from.bytes(4096) }
  const validator = toHex(from.fixed(32))
  const rule = offenceRules[from.u8() - 1]
  if (kind !== 3 || rule === undefined) throw new CodedError('CODEC_VALUE', 'unknown input')
  return { kind: 'slash', validator, rule, height: from.u64() }
}
