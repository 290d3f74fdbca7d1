import { type Bytes, type Hash, type Hex, standInSignatures, toHex } from '@groundwork/primitives'
import {
  advance,
  blockHashOf,
  type ChainRules,
  type ChainState,
  type CheckedBlock,
  chainRules,
  createPhysicalCore,
  type Engine,
  epochOf,
  type FarmerEquivocation,
  type Foliage,
  firstSlotOf,
  foliageMessage,
  type Item,
  itemMessage,
  type LocationAttestation,
  laneRootsOf,
  type PhysicalBlock,
  type PhysicalCore,
  type PhysicalEffect,
  type PhysicalEvent,
  type PhysicalHeader,
  type PhysicalInit,
  plotIdOf,
  type RegisterPlot,
  type RetirePlot,
  type Slot,
  type SlotProof,
  slotChallengeOf,
  type Trunk,
  trunkHashOf,
  workQuality,
} from '../src/index.ts'
import {
  modelProof,
  modelSlotProof,
  publicKeyOf,
  qualityOfTrunk,
  secretOf,
  seedOf,
  type TestOptions,
  testGenesis,
} from './model.ts'

/** Rules under which nearly every ticket wins: difficulty 1, unless told otherwise. */
export function easyRules(options: Partial<TestOptions> = {}): ChainRules {
  const { parameters, ...rest } = options
  return chainRules(
    testGenesis({ plots: [2, 2, 2], ...rest, parameters: { initialDifficulty: 1n, ...parameters } }),
  )
}

export function freshCore(
  rules: ChainRules,
  init: Partial<PhysicalInit> = {},
  clock: Slot = 1_000_000,
): PhysicalCore {
  const core = createPhysicalCore({ rules, farmer: null, timelord: false, ...init })
  core.step({ kind: 'start', slot: clock })
  return core
}

const series = new Map<Hex, SlotProof[]>()

/** Slot proofs of a challenge chain, from its first slot to `to`. */
export function slotsUpTo(rules: ChainRules, seed: Hash, to: Slot): SlotProof[] {
  const first = firstSlotOf(rules, epochOf(rules, to))
  const key = `${toHex(seed)}:${first}`
  const known = series.get(key) ?? []
  series.set(key, known)
  for (let slot = first + known.length; slot <= to; slot++)
    known.push(modelSlotProof(slot, seed, known.at(-1)?.y ?? null))
  return known.slice(0, to - first + 1)
}

export const plotOf = (farmer: number, index = 0): Hash => plotIdOf(publicKeyOf(`farmer ${farmer}`), index)
const signedBy = (label: string, message: Bytes) => standInSignatures.sign(secretOf(label), message)

export interface Forging {
  readonly slot: Slot
  readonly farmer?: number
  readonly index?: number
  readonly ticket?: number
  readonly items?: readonly Item[]
  readonly trunk?: Partial<Trunk>
  readonly foliage?: Partial<Foliage>
}

/** A block on a chain, right in everything that is not overridden. */
export function forge(rules: ChainRules, parent: ChainState, forging: Forging): CheckedBlock {
  const { slot, farmer = 0, index = 0, ticket = 0, items = [] } = forging
  const { seed } = advance(rules, parent, epochOf(rules, slot)).epoch
  const engine: Engine = rules.parameters.engine
  const trunk: Trunk = {
    slot,
    parentTrunk: parent.trunkHash,
    plotId: plotOf(farmer, index),
    k: engine === 'work' ? 0 : 16,
    proof: engine === 'work' ? Uint8Array.of(0, 0, 0, 0, 0, 0, 0, ticket) : modelProof(16, ticket),
    y: slotsUpTo(rules, seed, slot).at(-1)!.y,
    ...forging.trunk,
  }
  const foliage: Foliage = {
    height: parent.height + 1,
    parentHash: parent.hash,
    trunkHash: trunkHashOf(trunk),
    farmer: publicKeyOf(`farmer ${farmer}`),
    laneRoots: laneRootsOf(items),
    ...forging.foliage,
  }
  const signature = signedBy(`farmer ${farmer}`, foliageMessage(rules.chainId, foliage))
  const block: PhysicalBlock = { trunk, foliage, items, signature }
  const quality =
    engine === 'work'
      ? workQuality(trunk.plotId, slotChallengeOf(trunk.y), trunk.proof)
      : qualityOfTrunk(trunk)
  return { block, quality }
}

export const hashOf = ({ block }: CheckedBlock): Hash => blockHashOf(block.foliage)
export const headerOf = ({ block: { trunk, foliage, signature } }: CheckedBlock): PhysicalHeader => ({
  trunk,
  foliage,
  signature,
})

/** Hands a block to a core, with the slots that it needs. */
export function hand(rules: ChainRules, core: PhysicalCore, block: CheckedBlock): readonly PhysicalEffect[] {
  const parent = core.chainOf(block.block.foliage.parentHash)
  const { slot } = block.block.trunk
  if (parent !== null && slot > parent.slot) {
    for (let epoch = parent.epoch.number; epoch <= epochOf(rules, slot); epoch++) {
      const state = advance(rules, parent, epoch)
      const to = Math.min((epoch + 1) * rules.parameters.epochSlots, slot)
      core.step({ kind: 'slots', proofs: slotsUpTo(rules, state.epoch.seed, to), live: false, from: 'peer' })
    }
  }
  return core.step({ kind: 'blocks', blocks: [block], from: 'peer' })
}

/** Grows the tip by one block with these items, and says what the core thinks of it. */
export function grow(rules: ChainRules, core: PhysicalCore, forging: Forging): CheckedBlock {
  const block = forge(rules, core.chain(), forging)
  hand(rules, core, block)
  return block
}

export const refusalsIn = (effects: readonly PhysicalEffect[]): string[] =>
  effects.flatMap((effect) =>
    effect.kind === 'observe' && effect.observation.kind === 'refused' ? [effect.observation.reason] : [],
  )

export function registration(
  rules: ChainRules,
  farmer: number,
  index: number,
  overrides: Partial<RegisterPlot> = {},
): RegisterPlot {
  const isWork = rules.parameters.engine === 'work'
  const unsigned: RegisterPlot = {
    kind: 'register-plot',
    farmer: publicKeyOf(`farmer ${farmer}`),
    index,
    k: isWork ? 0 : 16,
    region: 0,
    attempt: 0,
    proof: isWork ? new Uint8Array(0) : modelProof(16, 0),
    signature: new Uint8Array(64),
    ...overrides,
  }
  return { ...unsigned, signature: signedBy(`farmer ${farmer}`, itemMessage(rules.chainId, unsigned)) }
}

export function retirement(
  rules: ChainRules,
  farmer: number,
  index: number,
  overrides: Partial<RetirePlot> = {},
): RetirePlot {
  const unsigned: RetirePlot = {
    kind: 'retire-plot',
    plotId: plotOf(farmer, index),
    farmer: publicKeyOf(`farmer ${farmer}`),
    signature: new Uint8Array(64),
    ...overrides,
  }
  return { ...unsigned, signature: signedBy(`farmer ${farmer}`, itemMessage(rules.chainId, unsigned)) }
}

export function attestation(
  rules: ChainRules,
  challenger: string,
  plotId: Hash,
  epoch: number,
  rttUs: number,
): LocationAttestation {
  const unsigned: LocationAttestation = {
    kind: 'location',
    plotId,
    epoch,
    challenger: publicKeyOf(challenger),
    rttUs,
    transcriptHash: seedOf('transcript'),
    signature: new Uint8Array(64),
  }
  return { ...unsigned, signature: signedBy(challenger, itemMessage(rules.chainId, unsigned)) }
}

/** Two blocks of one plot and slot that differ in their items. */
export function twins(
  rules: ChainRules,
  parent: ChainState,
  slot: Slot,
  farmer: number,
): [CheckedBlock, CheckedBlock] {
  const items: Item[] = [{ kind: 'forced-transaction', bytes: Uint8Array.of(1, 2, 3) }]
  return [forge(rules, parent, { slot, farmer }), forge(rules, parent, { slot, farmer, items })]
}

export function equivocation(one: CheckedBlock, other: CheckedBlock): FarmerEquivocation {
  const [a, b] = [one, other].sort((x, y) => (toHex(hashOf(x)) < toHex(hashOf(y)) ? -1 : 1))
  return { kind: 'farmer-equivocation', a: headerOf(a!), b: headerOf(b!) }
}

/** Slots of the tip's fork up to one, as gossip brings them. */
export const live = (rules: ChainRules, core: PhysicalCore, slot: number): PhysicalEvent => {
  const { seed } = advance(rules, core.chain(), epochOf(rules, slot)).epoch
  return { kind: 'slots', proofs: slotsUpTo(rules, seed, slot), live: true, from: 'timelord' }
}
