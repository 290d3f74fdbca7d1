import {
  type Foliage,
  type Item,
  laneRootsOf,
  type PhysicalBlock,
  type PhysicalMessage,
  type SlotProof,
  type Trunk,
  trunkHashOf,
} from '../src/index.ts'

/** One value of every kind with every field different: what the golden vectors pin. */
const fill = (length: number, byte: number): Uint8Array => new Uint8Array(length).fill(byte)

export const fixedSlot: SlotProof = {
  slot: 258,
  seed: fill(32, 1),
  previous: fill(256, 2),
  y: fill(256, 3),
  proof: fill(256, 4),
}
const firstSlot: SlotProof = { ...fixedSlot, slot: 257, previous: null }

const trunk: Trunk = {
  slot: 258,
  parentTrunk: fill(32, 5),
  plotId: fill(32, 6),
  k: 16,
  proof: fill(128, 7),
  y: fill(256, 3),
}
const foliageOf = (items: readonly Item[]): Foliage => ({
  height: 300,
  parentHash: fill(32, 8),
  trunkHash: trunkHashOf(trunk),
  farmer: fill(32, 9),
  laneRoots: laneRootsOf(items),
})
const bare: PhysicalBlock = { trunk, foliage: foliageOf([]), signature: fill(64, 10), items: [] }

export const fixedItems: readonly Item[] = [
  { kind: 'checkpoint', bytes: fill(3, 11) },
  { kind: 'checkpoint-bodies', bytes: fill(4, 12) },
  { kind: 'forced-transaction', bytes: fill(5, 13) },
  { kind: 'farmer-equivocation', a: bare, b: { ...bare, foliage: { ...bare.foliage, height: 301 } } },
  { kind: 'stake-evidence', bytes: fill(6, 14) },
  { kind: 'recorded-vote', bytes: fill(7, 15) },
  { kind: 'space-vote', bytes: fill(8, 16) },
  {
    kind: 'register-plot',
    farmer: fill(32, 17),
    index: 70_000,
    k: 18,
    region: 2,
    attempt: 3,
    proof: fill(144, 18),
    signature: fill(64, 19),
  },
  { kind: 'retire-plot', plotId: fill(32, 20), farmer: fill(32, 21), signature: fill(64, 22) },
  {
    kind: 'location',
    plotId: fill(32, 23),
    epoch: 9,
    challenger: fill(32, 24),
    rttUs: 14_999,
    transcriptHash: fill(32, 25),
    signature: fill(64, 26),
  },
].map((item) => {
  if (item.kind !== 'farmer-equivocation') return item as Item
  const strip = ({ trunk, foliage, signature }: PhysicalBlock) => ({ trunk, foliage, signature })
  const { a, b } = item as { a: PhysicalBlock; b: PhysicalBlock }
  return { kind: 'farmer-equivocation', a: strip(a), b: strip(b) } as Item
})

export const fixedBlock: PhysicalBlock = { ...bare, foliage: foliageOf(fixedItems), items: fixedItems }

export const fixedMessages: readonly PhysicalMessage[] = [
  { kind: 'slot-proof', proof: fixedSlot },
  { kind: 'block', block: fixedBlock },
  { kind: 'items', items: fixedItems },
  { kind: 'status', status: { height: 300, hash: fill(32, 27), slot: 258, weight: (1n << 70n) + 5n } },
  { kind: 'block-request', hash: fill(32, 28), ancestors: 31 },
  { kind: 'range-request', locator: [fill(32, 29), fill(32, 30)], max: 128 },
  { kind: 'slots-request', seed: fill(32, 31), from: 257, to: 512 },
  { kind: 'blocks', blocks: [bare, bare] },
  { kind: 'slots', proofs: [firstSlot, fixedSlot] },
]
