import type { Check, Target } from '@groundwork/scenario'
import {
  deepestReorg,
  endingFarmers,
  growthTimes,
  lastEpoch,
  longestPhysicalGapMs,
  refusals,
  regionShares,
} from '../physical-chain.ts'
import { growthOf, privateChains } from '../physical-metrics.ts'
import type { Run, RunFarmer } from '../run.ts'
import { type CheckResult, listed, plural, result, seconds, type Verdict } from './check.ts'

type PhysicalCheck = Extract<
  Check,
  {
    check:
      | 'physical-growth'
      | 'physical-agreement'
      | 'physical-gap'
      | 'physical-halts'
      | 'reorg'
      | 'refused'
      | 'region-share'
      | 'located'
      | 'private-chain'
  }
>

const percent = (milli: number): string => `${Math.round(milli) / 10} %`

export function runPhysicalCheck(run: Run, check: PhysicalCheck): CheckResult {
  const say = (concerns: CheckResult['concerns'], verdict: Verdict, detail: string): CheckResult =>
    result(check.check, concerns, verdict, detail)
  const passIf = (holds: boolean): Verdict => (holds ? 'pass' : 'fail')
  switch (check.check) {
    case 'physical-growth': {
      const wanted = farmersOf(run, check.nodes)
      const rates = check.nodes === null ? [growthOf(run)] : wanted.map((farmer) => growthOf(run, [farmer]))
      const known = rates.filter((rate) => rate !== null)
      if (known.length === 0) return say('liveness', 'invalid', 'No farmer was there to grow a chain.')
      const [low, high] = [Math.min(...known), Math.max(...known)]
      const bounds = `between ${percent(check.minMilli)} and ${check.maxMilli === null ? 'any' : percent(check.maxMilli)} demanded`
      const holds = low * 1000 >= check.minMilli && (check.maxMilli === null || high * 1000 <= check.maxMilli)
      const spread = low === high ? percent(low * 1000) : `${percent(low * 1000)} to ${percent(high * 1000)}`
      return say(
        'liveness',
        passIf(holds),
        `Of all slots ${spread} have a block on the best chain; ${bounds}.`,
      )
    }
    case 'physical-agreement':
      return physicalAgreement(run, check.kappa ?? run.plan.physical?.kappa ?? 6)
    case 'physical-gap': {
      const gaps =
        check.nodes === null
          ? [longestPhysicalGapMs(run, honestFarmers(run))]
          : farmersOf(run, check.nodes).map((farmer) => longestPhysicalGapMs(run, [farmer]))
      const longest = Math.max(...gaps.map((gap) => gap ?? Number.POSITIVE_INFINITY))
      if (!Number.isFinite(longest)) return say('liveness', 'invalid', 'The network never became ready.')
      const detail = `The longest time without growth was ${seconds(longest)}; the bound is ${seconds(check.maxMs)}.`
      return say('liveness', passIf(longest <= check.maxMs), detail)
    }
    case 'physical-halts':
      return physicalHalts(run, check)
    case 'reorg': {
      const depth = deepestReorg(run)
      const { minDepth, maxDepth } = check
      const holds = (minDepth === null || depth >= minDepth) && (maxDepth === null || depth <= maxDepth)
      const bounds = [
        ...(minDepth === null ? [] : [`at least ${minDepth}`]),
        ...(maxDepth === null ? [] : [`at most ${maxDepth}`]),
      ].join(' and ')
      return say(
        'safety',
        passIf(holds),
        `The deepest reorg took back ${plural(depth, 'block')}; ${bounds} demanded.`,
      )
    }
    case 'refused': {
      const counts = refusals(run)
      const count = counts.get(check.reason) ?? 0
      const others = [...counts].map(([reason, times]) => `${reason} ${times}`)
      const seen = others.length === 0 ? 'nothing was refused' : `refused: ${listed(others)}`
      const detail = `${check.reason} was counted ${plural(count, 'time')}, at least ${check.min} demanded; ${seen}.`
      return say('safety', passIf(count >= check.min), detail)
    }
    case 'region-share': {
      const epoch = lastEpoch(run)
      const shares = regionShares(epoch).filter(
        ({ region }) => check.region === null || region === check.region,
      )
      const [largest] = shares
      if (epoch === null || largest === undefined)
        return say('safety', 'invalid', 'No farmer said who may win in an epoch.')
      const detail = `In epoch ${epoch.epoch} ${largest.region} has ${percent(largest.shareMilli)} of the effective (modelled) space; at most ${percent(check.maxMilli)} allowed.`
      // Integer scales leave a hair.
      return say('safety', passIf(largest.shareMilli <= check.maxMilli + 0.1), detail)
    }
    case 'located':
      return located(run, check)
    case 'private-chain': {
      const drawn = privateChains(run).filter(
        (chain) => chain.kappa === check.kappa && check.bounds.some((b) => b.shareMilli === chain.shareMilli),
      )
      const outside = drawn.filter(({ shareMilli, level }) => {
        const bound = check.bounds.find((candidate) => candidate.shareMilli === shareMilli)
        return bound !== undefined && (level < bound.min || level > bound.max)
      })
      const texts = drawn.map(
        ({ shareMilli, level }) => `${percent(shareMilli)} of the space: ${percent(level * 1000)}`,
      )
      const detail = `Private chains that came level with ${check.kappa} confirmations in ${plural(check.races, 'drawn race')}: ${listed(texts)}.`
      return say('safety', passIf(outside.length === 0), detail)
    }
  }
}

function honestFarmers(run: Run): RunFarmer[] {
  return run.farmers.filter(({ honest }) => honest)
}

function farmersOf(run: Run, target: Target | null): RunFarmer[] {
  if (target === null) return honestFarmers(run)
  return run.farmers.filter(({ name }) => target.kind === 'nodes' && target.nodes.includes(name))
}

/** At the end, of each pair: the block at `kappa` below the lower tip is the same. */
function physicalAgreement(run: Run, kappa: number): CheckResult {
  const say = (verdict: Verdict, detail: string): CheckResult =>
    result('physical-agreement', 'safety', verdict, detail)
  const ending = endingFarmers(run)
  if (ending.length === 0) return say('invalid', 'No farmer was running at the end.')
  const parted: string[] = []
  for (const [i, a] of ending.entries()) {
    for (const b of ending.slice(i + 1)) {
      const height = Math.min(a.chain.height, b.chain.height) - kappa
      const [one, two] = [a.chain.hashes.get(height), b.chain.hashes.get(height)]
      if (one !== undefined && two !== undefined && one !== two)
        parted.push(`${a.farmer.name} and ${b.farmer.name} at height ${height}`)
    }
  }
  const farmers = plural(ending.length, 'farmer')
  if (parted.length > 0)
    return say('fail', `Chains differ ${plural(kappa, 'block')} below the tip: ${listed(parted, 3)}.`)
  const height = Math.max(...ending.map(({ chain }) => chain.height))
  return say(
    'pass',
    `${farmers} agree on all but the newest ${plural(kappa, 'block')}, up to height ${height}.`,
  )
}

function physicalHalts(run: Run, check: Extract<PhysicalCheck, { check: 'physical-halts' }>): CheckResult {
  const say = (verdict: Verdict, detail: string): CheckResult =>
    result('physical-halts', 'safety', verdict, detail)
  const { settleMs } = check
  const windows = run.faults.filter(
    ({ id, beganMs, toMs }) => (check.fault === null || id === check.fault) && toMs > beganMs + settleMs,
  )
  if (windows.length === 0) return say('invalid', `No such fault lasted longer than ${seconds(settleMs)}.`)
  for (const window of windows) {
    const times = farmersOf(run, check.nodes).flatMap((farmer) =>
      growthTimes([farmer]).map((ms) => ({ ms, name: farmer.name })),
    )
    const early = times.find(({ ms }) => ms > window.beganMs + settleMs && ms < window.toMs)
    if (early !== undefined)
      return say(
        'fail',
        `The chain of ${early.name} grew ${seconds(early.ms - window.beganMs)} into ${window.id}.`,
      )
  }
  const names = listed(windows.map(({ id }) => id))
  return say('pass', `No best chain grew from ${seconds(settleMs)} into ${names} until the heal.`)
}

function located(run: Run, check: Extract<PhysicalCheck, { check: 'located' }>): CheckResult {
  const say = (verdict: Verdict, detail: string): CheckResult => result('located', 'safety', verdict, detail)
  const epoch = lastEpoch(run)
  if (epoch === null) return say('invalid', 'No farmer said who may win in an epoch.')
  const standing = new Map(epoch.plots.map((plot) => [plot.plot, plot]))
  const wrong: string[] = []
  let plots = 0
  for (const farmer of farmersOf(run, check.nodes)) {
    const own = new Set(
      farmer.records.of('farmer-started').flatMap((start) => start.plots.map(({ plot }) => plot)),
    )
    for (const plot of own) {
      plots++
      const proven = standing.get(plot)?.located === true
      if (proven !== (check.expect === 'proven')) wrong.push(`${farmer.name} ${proven ? 'is' : 'is not'}`)
    }
  }
  if (plots === 0) return say('invalid', 'These nodes have no plots.')
  const claims = [...new Set(farmersOf(run, check.nodes).map(({ planned }) => planned.claims))]
  const where = `in ${listed(claims)} (emulated location) in epoch ${epoch.epoch}`
  return wrong.length === 0
    ? say('pass', `${plural(plots, 'plot')} ${check.expect === 'proven' ? 'proven' : 'not proven'} ${where}.`)
    : say('fail', `Proven ${where}: ${listed([...new Set(wrong)])}; expected ${check.expect}.`)
}

/** What every run with farmers must pass. */
export function alwaysPhysical(run: Run): CheckResult[] {
  return [checkGrew(run), checkWeights(run), checkDoubleFarm(run)]
}

/** Without this a chain that does nothing would pass. */
function checkGrew(run: Run): CheckResult {
  const height = Math.max(0, ...endingFarmers(run).map(({ chain }) => chain.height))
  return height > 0
    ? result('physical-liveness', 'liveness', 'pass', `The physical chain reached height ${height}.`)
    : result('physical-liveness', 'liveness', 'fail', 'The physical chain never grew.')
}

/** Fork choice goes by weight alone: within one life a best chain never becomes lighter. */
function checkWeights(run: Run): CheckResult {
  const broken: string[] = []
  for (const farmer of honestFarmers(run)) {
    for (const life of farmer.lives) {
      let weight = 0n
      for (const record of life.records) {
        if (record.kind !== 'physical-tip') continue
        if (BigInt(record.weight) < weight) broken.push(`${farmer.name} at height ${record.height}`)
        weight = BigInt(record.weight)
      }
    }
  }
  return broken.length === 0
    ? result('physical-weight', 'safety', 'pass', 'No best chain ever became lighter.')
    : result('physical-weight', 'safety', 'fail', `A best chain became lighter: ${listed(broken)}.`)
}

/** One block per plot and slot, across restarts; who lost its disk may have forgotten. */
function checkDoubleFarm(run: Run): CheckResult {
  const forgetful = new Set(run.faults.filter(({ verb }) => verb === 'wipe').flatMap(({ nodes }) => nodes))
  const broken: string[] = []
  for (const farmer of honestFarmers(run)) {
    if (forgetful.has(farmer.name)) continue
    const made = new Map<string, string>()
    for (const { plot, slot, hash } of farmer.records.of('farmed')) {
      const before = made.get(`${plot} ${slot}`)
      if (before !== undefined && before !== hash) broken.push(`${farmer.name} in slot ${slot}`)
      made.set(`${plot} ${slot}`, hash)
    }
  }
  return broken.length === 0
    ? result('no-double-farm', 'safety', 'pass', 'No farmer signed two blocks of one plot and slot.')
    : result('no-double-farm', 'safety', 'fail', `Two blocks of one plot and slot: ${listed(broken)}.`)
}
