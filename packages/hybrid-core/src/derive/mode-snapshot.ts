import { type Bytes, decode, type Reader, toHex } from '@groundwork/primitives'
import { readList } from '@groundwork/stake-core'
import type { ModeState, Recorded, SpaceSnapshot, Target } from '../mode/index.ts'

const listMax = 10_000_000

/** The reverse of `encodeMode`. */
export function decodeMode(bytes: Bytes, space: (bytes: Bytes) => SpaceSnapshot): ModeState {
  return decode(bytes, (from) => ({
    height: from.u64(),
    lastCheckpoint: from.u64(),
    backoff: from.u64(),
    fastBlocks: from.u64(),
    exits: from.u64(),
    banned: readKeys(from),
    recorded: from.u8() === 0 ? null : readRecorded(from, space),
  }))
}

function readRecorded(from: Reader, space: (bytes: Bytes) => SpaceSnapshot): Recorded {
  return {
    trigger: from.u64(),
    firstWindow: from.u64(),
    validators: new Map(readList(from, listMax, (item) => [toHex(item.fixed(32)), item.u64()] as const)),
    snapshot: space(from.bytes(64)),
    needed: from.u64(),
    streak: from.u64(),
    open: from.u8() === 0 ? null : { ...readTarget(from), source: readTarget(from) },
    present: readKeys(from),
    space: readKeys(from),
    justified: readTarget(from),
    finalised: from.u8() === 0 ? null : readTarget(from),
    deposits: readList(from, listMax, (item) => {
      return { validator: toHex(item.fixed(32)), amount: item.u64(), age: item.u64() }
    }),
    silentWindows: from.u64(),
  }
}

function readTarget(from: Reader): Target {
  return { window: from.u64() - 1, hash: toHex(from.bytes(32)) }
}

function readKeys(from: Reader): Set<string> {
  return new Set(readList(from, listMax, (item) => toHex(item.fixed(32))))
}
