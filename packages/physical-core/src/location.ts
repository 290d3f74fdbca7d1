import { type Bytes, compare, equal, type Hash, type Hex, hash, toHex } from '@groundwork/primitives'
import type { EpochContext, PlotRecord } from './chain-state.ts'
import type { ChainRules } from './rules.ts'
import type { LocationAttestation, RegionIndex } from './types.ts'

export interface Challenger {
  readonly publicKey: Bytes
  readonly region: RegionIndex
}

/** Who measures a plot in an epoch. */
export interface Committee {
  /** Of the claimed region. */
  readonly inside: readonly Challenger[]
  readonly outside: readonly Challenger[]
  /** Attestations of `inside` that a place needs: 2f + 1 of 3f + 1, and more than two thirds of a smaller one. */
  readonly needed: number
}

/**
 * PC11. Challengers are landmarks and farmers whose own place is proven, drawn by the epoch's seed: the prover chooses
 * none of them, and is none of them. More proven plots are more tickets for the draw, not more seats.
 */
export function committeeOf(rules: ChainRules, epoch: EpochContext, plot: PlotRecord): Committee {
  const key = toHex(plot.plotId)
  const known = committees.get(epoch)
  if (known?.has(key)) return known.get(key)!
  const made = draw(rules, epoch, plot)
  if (known === undefined) committees.set(epoch, new Map([[key, made]]))
  else known.set(key, made)
  return made
}

const committees = new WeakMap<EpochContext, Map<Hex, Committee>>()

function draw({ parameters, genesis }: ChainRules, epoch: EpochContext, plot: PlotRecord): Committee {
  const tickets: (Challenger & { readonly draw: Hash })[] = []
  const enter = (publicKey: Bytes, region: RegionIndex, ticket: Hash) => {
    if (equal(publicKey, plot.farmer)) return
    const draw = hash('groundwork/committee/1', epoch.seed, plot.plotId, ticket)
    tickets.push({ publicKey, region, draw })
  }
  for (const { publicKey, region } of genesis.landmarks) enter(publicKey, region, publicKey)
  for (const { record, located } of epoch.active.values()) {
    if (located) enter(record.farmer, record.region, record.plotId)
  }
  tickets.sort((a, b) => compare(a.draw, b.draw))
  const taken = new Set<Hex>()
  const seats = (count: number, isWanted: (region: RegionIndex) => boolean) => {
    const chosen: Challenger[] = []
    for (const { publicKey, region } of tickets) {
      const key = toHex(publicKey)
      if (chosen.length >= count || !isWanted(region) || taken.has(key)) continue
      taken.add(key)
      chosen.push({ publicKey, region })
    }
    return chosen
  }
  const inside = seats(3 * parameters.locationFaults + 1, (region) => region === plot.region)
  const outside = seats(parameters.outsideChallengers, (region) => region !== plot.region)
  return { inside, outside, needed: Math.floor((2 * inside.length) / 3) + 1 }
}

/** The seat of an attestation's signer, if it has one. */
export function challengerOf(
  committee: Committee,
  attestation: LocationAttestation,
): { readonly challenger: Challenger; readonly isInside: boolean } | undefined {
  const isSigner = ({ publicKey }: Challenger) => equal(publicKey, attestation.challenger)
  const inside = committee.inside.find(isSigner)
  if (inside !== undefined) return { challenger: inside, isInside: true }
  const outside = committee.outside.find(isSigner)
  return outside === undefined ? undefined : { challenger: outside, isInside: false }
}

/**
 * PC11. What the attestations of one epoch say: enough of the region were near, unless somebody outside measured less
 * than light needs from there.
 */
export function judgeLocation(
  rules: ChainRules,
  epoch: EpochContext,
  plot: PlotRecord,
  attestations: readonly LocationAttestation[],
): 'proven' | 'contradicted' | 'open' {
  const committee = committeeOf(rules, epoch, plot)
  const region = rules.genesis.regions[plot.region]!
  let near = 0
  for (const attestation of attestations) {
    const seat = challengerOf(committee, attestation)
    if (seat === undefined) continue
    if (seat.isInside && attestation.rttUs <= region.maxRttUs) near++
    const lightTimeUs = region.minRttUs[seat.challenger.region]!
    if (!seat.isInside && attestation.rttUs < lightTimeUs) return 'contradicted'
  }
  return near >= committee.needed ? 'proven' : 'open'
}
