import { lightBoundUs, roundTripMs } from '@groundwork/physical-core'
import { largest } from './quantile.ts'
import type { RecordOf } from './record.ts'
import { aliveAtEnd, type Run, type RunFarmer } from './run.ts'

/** A farmer's best chain at a moment: hashes by height, as far as its log tells. */
export interface BestChain {
  readonly height: number
  readonly weight: bigint
  readonly hashes: ReadonlyMap<number, string>
}

/** Up to `untilMs`; null before the farmer said anything about its chain. */
export function bestChain(farmer: RunFarmer, untilMs: number): BestChain | null {
  const hashes = new Map<number, string>()
  let last: RecordOf<'physical-tip'> | null = null
  for (const record of farmer.records.of('physical-tip')) {
    if (record.monoMs > untilMs) break
    for (let height = record.height + 1; height <= (last?.height ?? 0); height++) hashes.delete(height)
    const first = record.height - record.adopted.length + 1
    for (const [i, hash] of record.adopted.entries()) hashes.set(first + i, hash)
    last = record
  }
  return last === null ? null : { height: last.height, weight: BigInt(last.weight), hashes }
}

/** Honest farmers that were running at the end and have a chain. */
export function endingFarmers(run: Run): { readonly farmer: RunFarmer; readonly chain: BestChain }[] {
  return run.farmers.flatMap((farmer) => {
    const chain = farmer.honest && aliveAtEnd(run, farmer) ? bestChain(farmer, run.endedMs) : null
    return chain === null ? [] : [{ farmer, chain }]
  })
}

/** The heaviest best chain of an honest farmer at the end. */
export function heaviestChain(run: Run): BestChain | null {
  let heaviest: BestChain | null = null
  for (const { chain } of endingFarmers(run)) {
    if (heaviest === null || chain.weight > heaviest.weight) heaviest = chain
  }
  return heaviest
}

export function physicalHeightAt(farmer: RunFarmer, ms: number): number {
  let height = 0
  for (const record of farmer.records.of('physical-tip')) {
    if (record.monoMs > ms) break
    height = record.height
  }
  return height
}

/** When the heaviest chain of these farmers became longer than ever, `monoMs`. */
export function growthTimes(farmers: readonly RunFarmer[]): number[] {
  const tips = farmers
    .flatMap((farmer) => farmer.records.of('physical-tip'))
    .sort((a, b) => a.monoMs - b.monoMs)
  const times: number[] = []
  let height = -1
  for (const tip of tips) {
    if (tip.height <= height) continue
    if (height >= 0) times.push(tip.monoMs)
    height = tip.height
  }
  return times
}

/** Between readiness and the end, the last stretch included; null if never ready. */
export function longestPhysicalGapMs(run: Run, farmers: readonly RunFarmer[]): number | null {
  if (run.readyMs === null) return null
  const { readyMs, endedMs } = run
  let fromMs = readyMs
  let longestMs = 0
  for (const ms of [...growthTimes(farmers).filter((time) => time > readyMs && time < endedMs), endedMs]) {
    longestMs = Math.max(longestMs, ms - fromMs)
    fromMs = ms
  }
  return longestMs
}

/** Reorgs of honest farmers within the run. */
export function reorgsOf(run: Run): RecordOf<'reorg'>[] {
  return run.farmers
    .filter(({ honest }) => honest)
    .flatMap((farmer) => farmer.records.of('reorg'))
    .filter(({ monoMs }) => monoMs <= run.endedMs)
    .sort((a, b) => a.monoMs - b.monoMs)
}

export function deepestReorg(run: Run): number {
  return largest(reorgsOf(run).map(({ depth }) => depth)) ?? 0
}

/** The newest epoch that any honest farmer's best chain entered. */
export function lastEpoch(run: Run): RecordOf<'physical-epoch'> | null {
  let newest: RecordOf<'physical-epoch'> | null = null
  for (const farmer of run.farmers.filter(({ honest }) => honest)) {
    for (const record of farmer.records.of('physical-epoch')) {
      if (record.monoMs <= run.endedMs && record.epoch >= (newest?.epoch ?? 0)) newest = record
    }
  }
  return newest
}

export interface RegionShare {
  readonly region: string
  /** Of the effective space, in thousandths. */
  readonly shareMilli: number
}

/** Shares of the effective space by claimed region, the largest first. Modelled space. */
export function regionShares(epoch: RecordOf<'physical-epoch'> | null): RegionShare[] {
  if (epoch === null) return []
  const totals = new Map<string, bigint>()
  let whole = 0n
  for (const { region, effective } of epoch.plots) {
    totals.set(region, (totals.get(region) ?? 0n) + BigInt(effective))
    whole += BigInt(effective)
  }
  return [...totals]
    .map(([region, total]) => ({
      region,
      shareMilli: whole === 0n ? 0 : Number((total * 1_000_000n) / whole) / 1000,
    }))
    .sort((a, b) => b.shareMilli - a.shareMilli)
}

/**
 * Counts by reason over all honest farmers. A claim that a challenger measured and that its words do not support counts
 * as `location-far`, one that they disprove as `location-contradicted`.
 */
export function refusals(run: Run): Map<string, number> {
  const sums = new Map<string, number>()
  const add = (reason: string, count: number): void => void sums.set(reason, (sums.get(reason) ?? 0) + count)
  for (const farmer of run.farmers.filter(({ honest }) => honest)) {
    for (const { counts } of farmer.records.of('physical-refused')) {
      for (const [reason, count] of Object.entries(counts)) add(reason, count)
    }
    for (const record of farmer.records.of('attested')) {
      const reason = unsupported(run, farmer, record)
      if (reason !== null) add(reason, 1)
    }
  }
  return sums
}

function unsupported(
  { plan }: Run,
  { region }: RunFarmer,
  { inside, rttUs, region: claimed }: RecordOf<'attested'>,
): 'location-far' | 'location-contradicted' | null {
  if (inside)
    return rttUs > 1000 * (plan.physical?.nearMs ?? Number.POSITIVE_INFINITY) ? 'location-far' : null
  const bound = lightBoundUs(roundTripMs(plan.delays, region, claimed))
  return rttUs < bound ? 'location-contradicted' : null
}
