import { type Bytes, CodedError, encode, type Hash, hash, toHex } from '@groundwork/primitives'
import { activeSlotsPpm, type PhysicalGenesis, type PhysicalParameters } from './params.ts'
import type { PlotId } from './types.ts'

/** Inclusive; in the order in which the genesis' id takes them. */
const bounds: Readonly<Record<string, readonly [min: number, max: number]>> = {
  slotMs: [20, 600_000],
  epochSlots: [4, 65_536],
  seedLagSlots: [1, 65_536],
  kMin: [16, 32],
  kMax: [16, 32],
  maxPlots: [1, 65_536],
  kappa: [1, 4096],
  maxFutureSlots: [1, 64],
  maxBlockBytes: [4096, 1_048_576],
  maxForcedItems: [1, 4096],
  locationFaults: [0, 16],
  outsideChallengers: [0, 16],
  locationGraceEpochs: [0, 64],
  locatedMilli: [1, 1000],
  unlocatedMilli: [0, 1000],
  regionCapMilli: [1, 1000],
  regionFloorMilli: [1, 1000],
}

/** Throws `PHYSICAL_PARAMETERS`: one line that says what is wrong, where, and what would be right. */
export function checkGenesis(genesis: PhysicalGenesis): void {
  const { parameters, regions, landmarks, plots } = genesis
  const bad = (where: string, right: string, found: unknown): never => {
    const text = `physical genesis: ${where}: expected ${right}, found ${String(found).slice(0, 80)}`
    throw new CodedError('PHYSICAL_PARAMETERS', text, { where })
  }
  const integer = (where: string, value: unknown, min: number, max: number) => {
    if (!Number.isInteger(value) || (value as number) < min || (value as number) > max)
      bad(where, `an integer from ${min} to ${max}`, value)
  }
  const bytes32 = (where: string, value: Bytes) => {
    if (!(value instanceof Uint8Array) || value.length !== 32) bad(where, '32 bytes', typeof value)
  }
  const unique = (where: string, values: readonly string[]) => {
    const at = values.findIndex((value, i) => values.indexOf(value) !== i)
    if (at >= 0) bad(`${where}[${at}]`, 'one of its own', `that of ${where}[${values.indexOf(values[at]!)}]`)
  }

  if (!/^[\x20-\x7e]{1,64}$/.test(genesis.chain)) bad('chain', '1 to 64 ASCII characters', genesis.chain)
  integer('timeMs', genesis.timeMs, 0, Number.MAX_SAFE_INTEGER)
  const at = (name: string) => `parameters.${name}`
  for (const [name, [min, max]] of Object.entries(bounds))
    integer(at(name), parameters[name as keyof PhysicalParameters], min, max)
  const { engine, vdf, initialDifficulty, winnersPerSlotMilli } = parameters
  if (engine !== 'space' && engine !== 'work') bad(at('engine'), 'space or work', engine)
  if (vdf.kind !== 'none' && vdf.kind !== 'wesolowski') bad(at('vdf'), 'wesolowski or none', vdf)
  if (vdf.kind === 'wesolowski') integer(at('vdf.squarings'), vdf.squarings, 1024, 16_777_216)
  if (activeSlotsPpm[winnersPerSlotMilli] === undefined)
    bad(at('winnersPerSlotMilli'), `one of ${Object.keys(activeSlotsPpm).join(', ')}`, winnersPerSlotMilli)
  if (typeof initialDifficulty !== 'bigint' || initialDifficulty < 1n || initialDifficulty >= 1n << 62n)
    bad(at('initialDifficulty'), 'a big integer from 1 to 2^62 - 1', initialDifficulty)
  if (parameters.seedLagSlots > parameters.epochSlots)
    bad(at('seedLagSlots'), `at most epochSlots (${parameters.epochSlots})`, parameters.seedLagSlots)
  if (parameters.kMin > parameters.kMax) bad(at('kMin'), `at most kMax (${parameters.kMax})`, parameters.kMin)
  if (parameters.unlocatedMilli > parameters.locatedMilli)
    bad(at('unlocatedMilli'), `at most locatedMilli (${parameters.locatedMilli})`, parameters.unlocatedMilli)
  let laneSum = 0
  for (const lane of ['checkpoint', 'forced', 'evidence', 'votes', 'registry'] as const) {
    integer(at(`laneBytes.${lane}`), parameters.laneBytes[lane], 0, parameters.maxBlockBytes)
    laneSum += parameters.laneBytes[lane]
  }
  if (laneSum + headerBytesMax > parameters.maxBlockBytes)
    bad(
      at('maxBlockBytes'),
      `at least the lanes and a header (${laneSum + headerBytesMax})`,
      parameters.maxBlockBytes,
    )

  if (regions.length < 1 || regions.length > 64) bad('regions', '1 to 64 regions', regions.length)
  unique(
    'regions',
    regions.map(({ name }) => name),
  )
  for (const [i, region] of regions.entries()) {
    if (!/^[\x21-\x7e]{1,32}$/.test(region.name))
      bad(`regions[${i}].name`, '1 to 32 ASCII characters', region.name)
    integer(`regions[${i}].maxRttUs`, region.maxRttUs, 1, 10_000_000)
    if (region.minRttUs.length !== regions.length)
      bad(`regions[${i}].minRttUs`, `one bound for each region (${regions.length})`, region.minRttUs.length)
    for (const [j, bound] of region.minRttUs.entries())
      integer(`regions[${i}].minRttUs[${j}]`, bound, 0, 10_000_000)
  }
  if (parameters.regionCapMilli < 1000 && parameters.regionCapMilli * regions.length < 1000)
    bad(
      at('regionCapMilli'),
      `1000, or at least 1000 / regions (${regions.length})`,
      parameters.regionCapMilli,
    )

  if (landmarks.length > 1024) bad('landmarks', 'at most 1024', landmarks.length)
  for (const [i, { publicKey, region }] of landmarks.entries()) {
    bytes32(`landmarks[${i}].publicKey`, publicKey)
    integer(`landmarks[${i}].region`, region, 0, regions.length - 1)
  }
  unique(
    'landmarks',
    landmarks.map(({ publicKey }) => toHex(publicKey)),
  )
  if (plots.length > parameters.maxPlots)
    bad('plots', `at most maxPlots (${parameters.maxPlots})`, plots.length)
  for (const [i, plot] of plots.entries()) {
    bytes32(`plots[${i}].farmer`, plot.farmer)
    integer(`plots[${i}].index`, plot.index, 0, 0xffff_ffff)
    integer(`plots[${i}].region`, plot.region, 0, regions.length - 1)
    if (engine === 'work') integer(`plots[${i}].k`, plot.k, 0, 0)
    else integer(`plots[${i}].k`, plot.k, parameters.kMin, parameters.kMax)
  }
  unique(
    'plots',
    plots.map(({ farmer, index }) => toHex(plotIdOf(farmer, index))),
  )
}

/** Room for trunk, foliage and signature with the longest proof. */
export const headerBytesMax = 1024

/** The definition of @groundwork/proof-of-space, which this package does not import. */
export function plotIdOf(farmer: Bytes, index: number): PlotId {
  return hash(
    'groundwork/plot-id/1',
    encode((out) => {
      out.fixed(farmer, 32)
      out.u32(index)
    }),
  )
}

/** Names the genesis block, its trunk, and the chain in everything signed. Plots, landmarks and regions in their order. */
export function genesisIdOf(genesis: PhysicalGenesis): Hash {
  const { parameters: p } = genesis
  return hash(
    'groundwork/physical-genesis/1',
    encode((out) => {
      const text = (value: string) => out.bytes(Uint8Array.from(value, (c) => c.charCodeAt(0)))
      text(genesis.chain)
      out.u64(genesis.timeMs)
      text(p.engine)
      out.u64(p.vdf.kind === 'none' ? 0 : p.vdf.squarings)
      out.bigU64(p.initialDifficulty)
      out.u64(p.winnersPerSlotMilli)
      for (const name of Object.keys(bounds)) out.u64(p[name as 'slotMs'])
      const { checkpoint, forced, evidence, votes, registry } = p.laneBytes
      for (const limit of [checkpoint, forced, evidence, votes, registry]) out.u64(limit)
      out.u32(genesis.regions.length)
      for (const { name, maxRttUs, minRttUs } of genesis.regions) {
        text(name)
        for (const rttUs of [maxRttUs, ...minRttUs]) out.u32(rttUs)
      }
      out.u32(genesis.landmarks.length)
      for (const { publicKey, region } of genesis.landmarks) {
        out.fixed(publicKey, 32)
        out.u8(region)
      }
      out.u32(genesis.plots.length)
      for (const { farmer, index, k, region } of genesis.plots) {
        out.fixed(farmer, 32)
        out.u32(index)
        out.u8(k)
        out.u8(region)
      }
    }),
  )
}
