import {
  type Bytes,
  CodedError,
  concat,
  decode,
  encode,
  equal,
  type Hash,
  hash,
  memoized,
  type Reader,
  unreachable,
  type Writer,
  zeroHash,
} from '@groundwork/primitives'
import {
  type Foliage,
  groupBytes,
  type Item,
  type ItemKind,
  type Lane,
  type LaneRoots,
  type LocationAttestation,
  lanes,
  type OpaqueKind,
  opaqueKinds,
  type PhysicalBlock,
  type PhysicalHeader,
  type RegisterPlot,
  type RetirePlot,
  type SlotProof,
  type Trunk,
} from './types.ts'

/** Version 1 of every encoding; golden vectors pin it. Bounds here are absolute, the genesis parameters are tighter. */
export const physicalCodecVersion = 1

/** A proof of space of k = 32. */
export const proofBytesMax = 256
export const itemBytesMax = 1_048_576
export const itemsMax = 4096

/** A tag is a position in this list, from 1: only ever append. */
const itemKinds: readonly ItemKind[] = [
  'register-plot',
  'retire-plot',
  'location',
  'farmer-equivocation',
  'checkpoint',
  'checkpoint-bodies',
  'forced-transaction',
  'stake-evidence',
  'recorded-vote',
  'space-vote',
]

export function laneOf(kind: ItemKind): Lane {
  switch (kind) {
    case 'checkpoint':
    case 'checkpoint-bodies':
      return 'checkpoint'
    case 'forced-transaction':
      return 'forced'
    case 'farmer-equivocation':
    case 'stake-evidence':
      return 'evidence'
    case 'recorded-vote':
    case 'space-vote':
      return 'votes'
    case 'register-plot':
    case 'retire-plot':
    case 'location':
      return 'registry'
    default:
      return unreachable(kind)
  }
}

export function isOpaqueKind(kind: ItemKind): kind is OpaqueKind {
  return (opaqueKinds as readonly ItemKind[]).includes(kind)
}

export function writeSlotProof(out: Writer, proof: SlotProof): void {
  out.u64(proof.slot)
  out.fixed(proof.seed, 32)
  out.u8(proof.previous === null ? 0 : 1)
  if (proof.previous !== null) out.fixed(proof.previous, groupBytes)
  out.fixed(proof.y, groupBytes)
  out.fixed(proof.proof, groupBytes)
}

export function readSlotProof(from: Reader): SlotProof {
  const slot = from.u64()
  const seed = from.fixed(32)
  const flag = from.u8()
  if (flag > 1) throw new CodedError('CODEC_VALUE', 'unknown slot proof flag')
  const previous = flag === 1 ? from.fixed(groupBytes) : null
  return { slot, seed, previous, y: from.fixed(groupBytes), proof: from.fixed(groupBytes) }
}

export function writeTrunk(out: Writer, trunk: Trunk): void {
  out.u8(physicalCodecVersion)
  out.u64(trunk.slot)
  out.fixed(trunk.parentTrunk, 32)
  out.fixed(trunk.plotId, 32)
  out.u8(trunk.k)
  out.bytes(trunk.proof)
  out.fixed(trunk.y, groupBytes)
}

export function readTrunk(from: Reader): Trunk {
  readVersion(from)
  return {
    slot: from.u64(),
    parentTrunk: from.fixed(32),
    plotId: from.fixed(32),
    k: from.u8(),
    proof: from.bytes(proofBytesMax),
    y: from.fixed(groupBytes),
  }
}

export function writeFoliage(out: Writer, foliage: Foliage): void {
  out.u8(physicalCodecVersion)
  out.u64(foliage.height)
  out.fixed(foliage.parentHash, 32)
  out.fixed(foliage.trunkHash, 32)
  out.fixed(foliage.farmer, 32)
  for (const i of lanes.keys()) out.fixed(foliage.laneRoots[i] ?? zeroHash, 32)
}

export function readFoliage(from: Reader): Foliage {
  readVersion(from)
  return {
    height: from.u64(),
    parentHash: from.fixed(32),
    trunkHash: from.fixed(32),
    farmer: from.fixed(32),
    laneRoots: lanes.map(() => from.fixed(32)),
  }
}

function readVersion(from: Reader): void {
  if (from.u8() !== physicalCodecVersion) throw new CodedError('CODEC_VERSION', 'unknown version')
}

export function writeHeader(out: Writer, header: PhysicalHeader): void {
  writeTrunk(out, header.trunk)
  writeFoliage(out, header.foliage)
  out.fixed(header.signature, 64)
}

export function readHeader(from: Reader): PhysicalHeader {
  return { trunk: readTrunk(from), foliage: readFoliage(from), signature: from.fixed(64) }
}

export function writeBlock(out: Writer, block: PhysicalBlock): void {
  writeHeader(out, block)
  writeItems(out, block.items)
}

export function readBlock(from: Reader): PhysicalBlock {
  return { ...readHeader(from), items: readItems(from) }
}

export function writeItems(out: Writer, items: readonly Item[]): void {
  out.u32(items.length)
  for (const item of items) out.bytes(encodeItem(item))
}

export function readItems(from: Reader): Item[] {
  const items: Item[] = []
  for (let left = from.count(itemsMax); left > 0; left--) items.push(decodeItem(from.bytes(itemBytesMax)))
  return items
}

function writeItem(out: Writer, item: Item): void {
  out.u8(itemKinds.indexOf(item.kind) + 1)
  switch (item.kind) {
    case 'register-plot':
      writeRegistration(out, item)
      return out.fixed(item.signature, 64)
    case 'retire-plot':
      writeRetirement(out, item)
      return out.fixed(item.signature, 64)
    case 'location':
      writeAttestation(out, item)
      return out.fixed(item.signature, 64)
    case 'farmer-equivocation':
      writeHeader(out, item.a)
      return writeHeader(out, item.b)
    case 'checkpoint':
    case 'checkpoint-bodies':
    case 'forced-transaction':
    case 'stake-evidence':
    case 'recorded-vote':
    case 'space-vote':
      return out.bytes(item.bytes)
    default:
      return unreachable(item)
  }
}

function readItem(from: Reader): Item {
  const kind = itemKinds[from.u8() - 1]
  switch (kind) {
    case 'register-plot':
      return {
        kind,
        farmer: from.fixed(32),
        index: from.u32(),
        k: from.u8(),
        region: from.u8(),
        attempt: from.u8(),
        proof: from.bytes(proofBytesMax),
        signature: from.fixed(64),
      }
    case 'retire-plot':
      return { kind, plotId: from.fixed(32), farmer: from.fixed(32), signature: from.fixed(64) }
    case 'location':
      return {
        kind,
        plotId: from.fixed(32),
        epoch: from.u64(),
        challenger: from.fixed(32),
        rttUs: from.u32(),
        transcriptHash: from.fixed(32),
        signature: from.fixed(64),
      }
    case 'farmer-equivocation':
      return { kind, a: readHeader(from), b: readHeader(from) }
    case 'checkpoint':
    case 'checkpoint-bodies':
    case 'forced-transaction':
    case 'stake-evidence':
    case 'recorded-vote':
    case 'space-vote':
      return { kind, bytes: from.bytes(itemBytesMax) }
    case undefined:
      throw new CodedError('CODEC_VALUE', 'unknown item kind')
    default:
      return unreachable(kind)
  }
}

function writeRegistration(out: Writer, item: RegisterPlot): void {
  out.fixed(item.farmer, 32)
  out.u32(item.index)
  out.u8(item.k)
  out.u8(item.region)
  out.u8(item.attempt)
  out.bytes(item.proof)
}

function writeRetirement(out: Writer, item: RetirePlot): void {
  out.fixed(item.plotId, 32)
  out.fixed(item.farmer, 32)
}

function writeAttestation(out: Writer, item: LocationAttestation): void {
  out.fixed(item.plotId, 32)
  out.u64(item.epoch)
  out.fixed(item.challenger, 32)
  out.u32(item.rttUs)
  out.fixed(item.transcriptHash, 32)
}

export const encodeSlotProof = (proof: SlotProof): Bytes => encode((out) => writeSlotProof(out, proof))
export const decodeSlotProof = (bytes: Bytes): SlotProof => decode(bytes, readSlotProof)
export const encodeTrunk = (trunk: Trunk): Bytes => encode((out) => writeTrunk(out, trunk))
export const encodeFoliage = (foliage: Foliage): Bytes => encode((out) => writeFoliage(out, foliage))
export const encodeBlock = (block: PhysicalBlock): Bytes => encode((out) => writeBlock(out, block))
/** Throws `CODEC_*` on anything that `encodeBlock` does not produce. */
export const decodeBlock = (bytes: Bytes): PhysicalBlock => decode(bytes, readBlock)
export const encodeItem = (item: Item): Bytes => encode((out) => writeItem(out, item))
export const decodeItem = (bytes: Bytes): Item => decode(bytes, readItem)

export const trunkHashOf: (trunk: Trunk) => Hash = memoized((trunk) =>
  hash('groundwork/trunk/1', encodeTrunk(trunk)),
)

/** The name of a block: of its foliage, which commits to everything else. */
export const blockHashOf: (foliage: Foliage) => Hash = memoized((foliage) =>
  hash('groundwork/foliage/1', encodeFoliage(foliage)),
)

export const itemHashOf: (item: Item) => Hash = memoized((item) =>
  hash('groundwork/physical-item/1', encodeItem(item)),
)

/** Of the items of one lane, in their order. */
export function laneRootOf(items: readonly Item[]): Hash {
  return items.length === 0 ? zeroHash : hash('groundwork/lane/1', ...items.map(itemHashOf))
}

export const laneRootsOf: (items: readonly Item[]) => LaneRoots = memoized((items) =>
  lanes.map((lane) => laneRootOf(items.filter(({ kind }) => laneOf(kind) === lane))),
)

/** What the farmer of a block signs. */
export function foliageMessage(chainId: Hash, foliage: Foliage): Bytes {
  return hash('groundwork/foliage-signature/1', chainId, blockHashOf(foliage))
}

/** What the signer of a signed item signs. */
export function itemMessage(chainId: Hash, item: RegisterPlot | RetirePlot | LocationAttestation): Bytes {
  switch (item.kind) {
    case 'register-plot':
      return hash(
        'groundwork/register-plot/1',
        chainId,
        encode((out) => writeRegistration(out, item)),
      )
    case 'retire-plot':
      return hash(
        'groundwork/retire-plot/1',
        chainId,
        encode((out) => writeRetirement(out, item)),
      )
    case 'location':
      return hash(
        'groundwork/location/1',
        chainId,
        encode((out) => writeAttestation(out, item)),
      )
    default:
      return unreachable(item)
  }
}

/** Equal blocks have equal encodings, so this is equality of what their signers signed, and of items. */
export function isSameBlock(a: PhysicalHeader, b: PhysicalHeader): boolean {
  return equal(concat(encodeFoliage(a.foliage), a.signature), concat(encodeFoliage(b.foliage), b.signature))
}
