import { nodeSignatures } from '@groundwork/host'
import type { PhysicalStore } from '@groundwork/host/pure'
import {
  advance,
  blockHashOf,
  type ChainRules,
  type ChainState,
  type CheckedBlock,
  chainRules,
  createPhysicalCore,
  epochOf,
  type Foliage,
  foliageMessage,
  type Item,
  laneRootsOf,
  type PhysicalGenesis,
  physicalProfiles,
  plotIdOf,
  type SlotProof,
  slotChallengeOf,
  type Trunk,
  trunkHashOf,
  workQuality,
  yWithoutVdf,
} from '@groundwork/physical-core'
import { createFrameServer, createServer } from '@groundwork/physical-host/pure'
import { type Bytes, equal, hash, type KeyPair, keyPair, toHex } from '@groundwork/primitives'

export const farmers: readonly KeyPair[] = [0, 1, 2].map((i) =>
  keyPair(hash('test/farmer', Uint8Array.of(i))),
)

/** Every nonce wins: proof of work at difficulty 1, without a VDF. Signatures are real. */
export const physicalGenesis: PhysicalGenesis = {
  chain: 'test',
  timeMs: 0,
  parameters: {
    ...physicalProfiles.ci,
    engine: 'work',
    vdf: { kind: 'none' },
    initialDifficulty: 1n,
    epochSlots: 32,
    seedLagSlots: 16,
    regionCapMilli: 1000,
  },
  regions: [{ name: 'here', maxRttUs: 15_000, minRttUs: [0] }],
  landmarks: [],
  plots: farmers.map(({ publicKey }) => ({ farmer: publicKey, index: 0, k: 0, region: 0 })),
}
export const rules: ChainRules = chainRules(physicalGenesis)

export interface Forging {
  readonly slot: number
  readonly farmer?: number
  readonly items?: readonly Item[]
}

export function forge(parent: ChainState, { slot, farmer = 0, items = [] }: Forging): CheckedBlock {
  const { publicKey, secretKey } = farmers[farmer]!
  const { seed } = advance(rules, parent, epochOf(rules, slot)).epoch
  const trunk: Trunk = {
    slot,
    parentTrunk: parent.trunkHash,
    plotId: plotIdOf(publicKey, 0),
    k: 0,
    proof: new Uint8Array(8),
    y: yWithoutVdf(seed, slot),
  }
  const foliage: Foliage = {
    height: parent.height + 1,
    parentHash: parent.hash,
    trunkHash: trunkHashOf(trunk),
    farmer: publicKey,
    laneRoots: laneRootsOf(items),
  }
  const signature = nodeSignatures.sign(secretKey, foliageMessage(rules.chainId, foliage))
  const quality = workQuality(trunk.plotId, slotChallengeOf(trunk.y), trunk.proof)
  return { block: { trunk, foliage, items, signature }, quality }
}

/** A node that has what it is given, and answers as nodes do. */
export function physicalNode(own: ChainRules = rules) {
  const core = createPhysicalCore({ rules: own, farmer: null, timelord: false })
  core.step({ kind: 'start', slot: 1_000_000 })
  const blocks = new Map<string, CheckedBlock>()
  const store = {
    blockByHash: async (name: Bytes) => blocks.get(toHex(name)),
    hashAt: async () => undefined,
    slots: async (seed: Bytes, from: number, to: number) =>
      proofs.filter((proof) => equal(proof.seed, seed) && proof.slot >= from && proof.slot <= to),
  } as Partial<PhysicalStore> as PhysicalStore
  const proofs: SlotProof[] = []
  const frame = createFrameServer({ core, answer: createServer({ rules: own, core, store }) })
  const add = (block: CheckedBlock): void => {
    blocks.set(toHex(blockHashOf(block.block.foliage)), block)
    core.step({ kind: 'blocks', blocks: [block], from: null })
  }
  return {
    core,
    frame,
    add,
    addSlot(proof: SlotProof): void {
      proofs.push(proof)
      core.step({ kind: 'slots', proofs: [proof], live: false, from: null })
    },
    /** Grows its chain by one block in a later slot. */
    grow(forging: Partial<Forging> = {}): CheckedBlock {
      const block = forge(core.chain(), { slot: core.tip().slot + 1, ...forging })
      add(block)
      return block
    },
    hashes: () => [...blocks.keys()],
    blockOf: (name: Bytes): CheckedBlock => blocks.get(toHex(name))!,
  }
}
export type PhysicalTestNode = ReturnType<typeof physicalNode>
