import { type Bytes, type Hash, hash, keyPair } from '@groundwork/primitives'
import {
  type Limits,
  type PhysicalGenesis,
  type PhysicalParameters,
  physicalProfiles,
  plotChallengeOf,
  type SlotProof,
  slotChallengeOf,
  type Trunk,
} from '../src/index.ts'

export const seedOf = (label: string): Bytes =>
  hash(
    'test',
    Uint8Array.from(label, (c) => c.charCodeAt(0)),
  )
export const farmerSecret = (i: number): Bytes => secretOf(`farmer ${i}`)
const secrets = new Map<string, Bytes>()
export function secretOf(label: string): Bytes {
  const known = secrets.get(label) ?? seedOf(label)
  secrets.set(label, known)
  return known
}
const publicKeys = new Map<string, Bytes>()
export function publicKeyOf(label: string): Bytes {
  const known = publicKeys.get(label) ?? keyPair(secretOf(label)).publicKey
  publicKeys.set(label, known)
  return known
}

/** Quality of the modelled lottery: uniform, fixed by plot, challenge and ticket. The proof is the ticket's number. */
export function modelQuality(plotId: Hash, challenge: Hash, ticket: number): Hash {
  return hash('model/quality', plotId, challenge, Uint8Array.of(ticket))
}
export function modelProof(k: number, ticket: number): Bytes {
  const proof = new Uint8Array(8 * k)
  proof[0] = ticket
  return proof
}
export function qualityOfTrunk({ plotId, y, proof }: Trunk): Hash {
  return modelQuality(plotId, plotChallengeOf(plotId, slotChallengeOf(y)), proof[0]!)
}
/** A chain of hashes in the place of the VDF. */
export function modelSlotProof(slot: number, seed: Hash, previous: Bytes | null): SlotProof {
  const y = new Uint8Array(256)
  y.set(hash('model/vdf', previous ?? seed, Uint8Array.of(slot >> 8, slot)), 224)
  return { slot, seed, previous, y, proof: new Uint8Array(256) }
}

export interface TestOptions {
  readonly seed: number
  /** Plots of k = 16 of each farmer. */
  readonly plots: readonly number[]
  /** Region of each farmer; all 0 if left out. */
  readonly regions?: readonly number[]
  readonly parameters?: Partial<PhysicalParameters>
  readonly limits?: Partial<Limits>
  readonly delayMs?: readonly [min: number, max: number]
  readonly timelords?: readonly number[]
}

export const k = 16
const region = (name: string, i: number) => ({
  name,
  maxRttUs: 15_000,
  minRttUs: [0, 1, 2].map((j) => (i === j ? 0 : 30_000)),
})

export function testGenesis(options: Omit<TestOptions, 'seed'>): PhysicalGenesis {
  const plots = options.plots.flatMap((count, i) =>
    Array.from({ length: count }, (_, index) => ({
      farmer: publicKeyOf(`farmer ${i}`),
      index,
      k,
      region: options.regions?.[i] ?? 0,
    })),
  )
  const space = BigInt(plots.length) * (33n << 15n)
  const milli = options.parameters?.winnersPerSlotMilli ?? 1000
  const parameters = {
    ...physicalProfiles.demo,
    epochSlots: 64,
    seedLagSlots: 32,
    initialDifficulty: (space * 1000n) / BigInt(milli) || 1n,
    regionCapMilli: 1000,
    ...options.parameters,
  }
  return {
    chain: 'test',
    timeMs: 0,
    parameters,
    regions: ['one', 'two', 'three'].map(region),
    landmarks: [],
    plots,
  }
}
