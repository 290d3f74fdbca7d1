import {
  type Bytes,
  CodedError,
  compare,
  decode,
  encode,
  fromHex,
  type Hex,
  type Reader,
  toHex,
  type Writer,
} from '@groundwork/primitives'
import { type ChainState, type EpochChanges, epochContext, type PlotRecord } from './chain-state.ts'
import { decodeItem, encodeItem, physicalCodecVersion } from './encoding.ts'
import type { ChainRules } from './rules.ts'
import type { BlockNode } from './state.ts'
import type { LocationAttestation } from './types.ts'

const plotsMax = 65_536
const attestationsMax = 4096

/** PC17. A root with the state of its chain, for the store. */
export function encodeSnapshot(node: BlockNode): Bytes {
  return encode((out) => {
    out.u8(physicalCodecVersion)
    out.bigU64(node.u)
    out.fixed(node.plotId, 32)
    out.fixed(node.farmer, 32)
    writeChainState(out, node.chain)
  })
}

/** Throws `CODEC_*` on anything that `encodeSnapshot` does not produce. */
export function decodeSnapshot(rules: ChainRules, bytes: Bytes): BlockNode {
  return decode(bytes, (from) => {
    if (from.u8() !== physicalCodecVersion) throw new CodedError('CODEC_VERSION', 'unknown snapshot version')
    const u = from.bigU64()
    const plotId = from.fixed(32)
    const farmer = from.fixed(32)
    const chain = readChainState(rules, from)
    return { key: toHex(chain.hash), parent: '', chain, u, plotId, farmer, items: null }
  })
}

export function encodeChainState(state: ChainState): Bytes {
  return encode((out) => writeChainState(out, state))
}

function writeChainState(out: Writer, state: ChainState): void {
  out.fixed(state.hash, 32)
  out.fixed(state.trunkHash, 32)
  out.u64(state.height)
  out.u64(state.slot)
  out.bigU64(state.weight >> 64n)
  out.bigU64(state.weight & ((1n << 64n) - 1n))
  out.u32(state.blocksInEpoch)
  out.fixed(state.seedTrunk, 32)
  out.u64(state.epoch.number)
  out.fixed(state.epoch.seed, 32)
  out.bigU64(state.epoch.difficulty)
  writePlots(out, state.epoch.plots)
  writeChanges(out, state.changes)
}

function readChainState(rules: ChainRules, from: Reader): ChainState {
  const hash = from.fixed(32)
  const trunkHash = from.fixed(32)
  const height = from.u64()
  const slot = from.u64()
  const weightHigh = from.bigU64()
  const weight = (weightHigh << 64n) | from.bigU64()
  const blocksInEpoch = from.u32()
  const seedTrunk = from.fixed(32)
  const number = from.u64()
  const seed = from.fixed(32)
  const difficulty = from.bigU64()
  const plots = readPlots(from)
  for (const { region } of plots.values()) {
    if (region >= rules.genesis.regions.length) throw new CodedError('CODEC_VALUE', 'unknown region')
  }
  const epoch = epochContext(rules, { number, seed, difficulty, plots })
  const changes = readChanges(from)
  return { hash, trunkHash, height, slot, weight, epoch, blocksInEpoch, seedTrunk, changes }
}

/** By id: the order of registration has no meaning. */
function writePlots(out: Writer, plots: ReadonlyMap<Hex, PlotRecord>): void {
  const records = [...plots.values()].sort((a, b) => compare(a.plotId, b.plotId))
  out.u32(records.length)
  for (const { plotId, farmer, k, region, from, until, banned, provenIn } of records) {
    out.fixed(plotId, 32)
    out.fixed(farmer, 32)
    out.u8(k)
    out.u8(region)
    out.u64(from)
    out.u64(until ?? 0)
    out.u8(banned ? 1 : 0)
    // 0 for never, 1 for genesis, which is epoch -1.
    out.u64(provenIn === null ? 0 : provenIn + 2)
  }
}

function readPlots(from: Reader): Map<Hex, PlotRecord> {
  const plots = new Map<Hex, PlotRecord>()
  for (let left = from.count(plotsMax); left > 0; left--) {
    const plotId = from.fixed(32)
    const farmer = from.fixed(32)
    const [k, region] = [from.u8(), from.u8()]
    const [first, until, banned, proven] = [from.u64(), from.u64(), from.u8(), from.u64()]
    if (banned > 1) throw new CodedError('CODEC_VALUE', 'unknown flag')
    plots.set(toHex(plotId), {
      plotId,
      farmer,
      k,
      region,
      from: first,
      until: until === 0 ? null : until,
      banned: banned === 1,
      provenIn: proven === 0 ? null : proven - 2,
    })
  }
  return plots
}

function writeChanges(out: Writer, changes: EpochChanges): void {
  writePlots(out, changes.registered)
  for (const set of [changes.retired, changes.banned]) {
    out.u32(set.size)
    for (const key of [...set].sort()) out.fixed(fromHex(key), 32)
  }
  const attestations = [...changes.attestations.values()]
    .flat()
    .map(encodeItem)
    .sort((a, b) => compare(a, b))
  out.u32(attestations.length)
  for (const bytes of attestations) out.bytes(bytes)
}

function readChanges(from: Reader): EpochChanges {
  const registered = readPlots(from)
  const retired = readKeys(from)
  const banned = readKeys(from)
  const attestations = new Map<Hex, LocationAttestation[]>()
  for (let left = from.count(attestationsMax); left > 0; left--) {
    const item = decodeItem(from.bytes(512))
    if (item.kind !== 'location') throw new CodedError('CODEC_VALUE', 'expected an attestation')
    const key = toHex(item.plotId)
    attestations.set(key, [...(attestations.get(key) ?? []), item])
  }
  return { registered, retired, banned, attestations }
}

function readKeys(from: Reader): Set<Hex> {
  const keys = new Set<Hex>()
  for (let left = from.count(plotsMax); left > 0; left--) keys.add(toHex(from.fixed(32)))
  return keys
}
