import { jurisdictionOf, placeEvenly } from './place.ts'
import type { FarmerBehaviour, PhysicalProfile, PlannedFarmer, PlannedPhysical } from './plan.ts'
import { fail, type Source } from './problem.ts'
import { formatDuration } from './quantity.ts'
import { valid } from './suggest.ts'

/** `network.physical`, as the schema reads it. */
export interface PhysicalEntry {
  readonly farmers?: number | Readonly<Record<string, number>> | undefined
  readonly plots?: number | undefined
  readonly k?: number | undefined
  readonly timelords?: number | undefined
  readonly profile?: PhysicalProfile | undefined
  readonly engine?: 'space' | 'work' | undefined
  readonly vdf?: number | 'none' | undefined
  readonly parameters?: PhysicalParametersEntry | null | undefined
  readonly overrides?: Readonly<Record<string, FarmerEntry>> | undefined
}

export interface PhysicalParametersEntry {
  readonly slot?: number | undefined
  readonly epoch?: number | undefined
  readonly seedLag?: number | undefined
  readonly winners?: number | undefined
  readonly kappa?: number | undefined
  readonly faults?: number | undefined
  readonly outside?: number | undefined
  readonly grace?: number | undefined
  readonly unlocated?: number | undefined
  readonly cap?: number | undefined
  readonly floor?: number | undefined
  readonly near?: number | undefined
}

export interface FarmerEntry {
  readonly plots?: number | undefined
  readonly k?: number | undefined
  readonly claims?: string | undefined
  readonly timelord?: boolean | undefined
  readonly cloud?: string | undefined
  readonly jurisdiction?: string | undefined
  readonly entity?: string | undefined
  readonly skew?: number | undefined
  readonly behaviour?: FarmerBehaviour | undefined
}

const FARMERS = 6
const PLOTS = 2
const K = 16

type Numbers = Omit<PlannedPhysical, 'profile' | 'engine' | 'regions'>

const shared: Numbers = {
  squarings: 131_072,
  slotMs: 1000,
  epochSlots: 256,
  seedLagSlots: 128,
  winnersPerSlotMilli: 1000,
  kappa: 6,
  locationFaults: 1,
  outsideChallengers: 2,
  locationGraceEpochs: 2,
  unlocatedMilli: 500,
  regionCapMilli: 400,
  regionFloorMilli: 100,
  nearMs: 15,
}

/** As in docs/protocol.md; ci runs four slots a second on two cores. */
const PROFILES: Readonly<Record<PhysicalProfile, Numbers>> = {
  ci: { ...shared, squarings: 16_384, slotMs: 250, kappa: 3 },
  demo: shared,
  adversarial: { ...shared, winnersPerSlotMilli: 600, kappa: 24 },
}

/** Winners per slot for which the number of blocks to expect is tabulated. */
export const WINNERS: readonly number[] = [250, 500, 600, 800, 1000, 1500, 2000]

/** Farmers by index, and what they agree on. */
export function readPhysical(
  entry: PhysicalEntry,
  source: Source,
): { readonly farmers: readonly PlannedFarmer[]; readonly physical: PlannedPhysical } {
  const engine = entry.engine ?? 'space'
  const farmers = readFarmers(entry, engine, source)
  const regions = [...new Set(farmers.flatMap(({ labels, claims }) => [labels.region, claims]))]
  const physical = readNumbers(entry, regions.length, source)
  refuseCap(physical, regions.length, entry, source)
  return { farmers, physical: { profile: entry.profile ?? 'ci', engine, ...physical, regions } }
}

function readFarmers(entry: PhysicalEntry, engine: 'space' | 'work', source: Source): PlannedFarmer[] {
  const { farmers: wanted = FARMERS, overrides = {}, timelords = 1 } = entry
  const placed =
    typeof wanted === 'number'
      ? placeEvenly(wanted)
      : Object.entries(wanted).flatMap(([region, count]) => Array.from({ length: count }, () => region))
  const names = placed.map((_, i) => `f${i + 1}`)
  for (const name of Object.keys(overrides)) {
    if (names.includes(name)) continue
    fail(
      'SCENARIO_INVALID',
      source,
      ['network', 'physical', 'overrides', name],
      `no such farmer${valid(name, names)}`,
    )
  }
  if (engine === 'work' && entry.k !== undefined)
    fail(
      'SCENARIO_INVALID',
      source,
      ['network', 'physical', 'k'],
      'plots have a size only with engine: space',
    )
  const farmers = placed.map((region, farmer): PlannedFarmer => {
    const name = names[farmer] as string
    const said = overrides[name] ?? {}
    const before = placed.slice(0, farmer).filter((other) => other === region).length
    return {
      name,
      role: 'farmer',
      farmer,
      plots: said.plots ?? entry.plots ?? PLOTS,
      k: engine === 'work' ? 0 : (said.k ?? entry.k ?? K),
      claims: said.claims ?? region,
      timelord: said.timelord ?? before < timelords,
      skewMs: said.skew ?? 0,
      behaviour: said.behaviour ?? null,
      labels: {
        region,
        cloud: said.cloud ?? 'A',
        jurisdiction: said.jurisdiction ?? jurisdictionOf(region),
        entity: said.entity ?? `farm-${farmer + 1}`,
      },
    }
  })
  const refuse = (key: string, text: string): never =>
    fail('SCENARIO_INVALID', source, ['network', 'physical', key], text)
  if (farmers.every(({ plots }) => plots === 0))
    refuse('plots', 'no farmer has a plot, so the chain would never grow; at least one farmer needs one')
  if (entry.vdf !== 'none' && !farmers.some(({ timelord }) => timelord))
    refuse(
      'timelords',
      'no farmer is a timelord, so no slot would ever be known; at least one must be, or vdf: none',
    )
  return farmers
}

function readNumbers(entry: PhysicalEntry, regions: number, source: Source): Numbers {
  const profile = PROFILES[entry.profile ?? 'ci']
  const said = entry.parameters ?? {}
  const epochSlots = said.epoch ?? profile.epochSlots
  const numbers: Numbers = {
    squarings: entry.vdf === undefined ? profile.squarings : entry.vdf === 'none' ? null : entry.vdf,
    slotMs: said.slot ?? profile.slotMs,
    epochSlots,
    seedLagSlots: said.seedLag ?? Math.floor(epochSlots / 2),
    winnersPerSlotMilli: said.winners ?? profile.winnersPerSlotMilli,
    kappa: said.kappa ?? profile.kappa,
    locationFaults: said.faults ?? profile.locationFaults,
    outsideChallengers: said.outside ?? profile.outsideChallengers,
    locationGraceEpochs: said.grace ?? profile.locationGraceEpochs,
    unlocatedMilli: milli(said.unlocated) ?? profile.unlocatedMilli,
    regionCapMilli: milli(said.cap) ?? keptCap(profile.regionCapMilli, regions),
    regionFloorMilli: milli(said.floor) ?? profile.regionFloorMilli,
    nearMs: said.near ?? profile.nearMs,
  }
  const refuse = (key: string, text: string): never =>
    fail('SCENARIO_INVALID', source, ['network', 'physical', 'parameters', key], text)
  if (numbers.seedLagSlots > epochSlots)
    refuse(
      'seedLag',
      `${numbers.seedLagSlots} slots are more than an epoch has (${epochSlots}); at most that`,
    )
  if (numbers.slotMs < 20)
    refuse('slot', `${formatDuration(numbers.slotMs)} is too short for a slot; at least 20ms`)
  return numbers
}

/** With too few regions for the profile's cap there is none. */
function keptCap(capMilli: number, regions: number): number {
  return capMilli * regions >= 1000 ? capMilli : 1000
}

/** A cap below an equal share of the regions cannot be kept. */
function refuseCap(numbers: Numbers, regions: number, entry: PhysicalEntry, source: Source): void {
  if (numbers.regionCapMilli === 1000 || numbers.regionCapMilli * regions >= 1000) return
  if (entry.parameters?.cap === undefined) return
  fail(
    'SCENARIO_INVALID',
    source,
    ['network', 'physical', 'parameters', 'cap'],
    `${numbers.regionCapMilli / 10}% cannot be kept with ${regions} regions; at least 1/${regions}, or 100% for none`,
  )
}

function milli(share: number | undefined): number | undefined {
  return share === undefined ? undefined : Math.round(share * 1000)
}
