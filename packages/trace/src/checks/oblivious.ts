import type { Plan } from '@groundwork/scenario'
import { heaviestChain } from '../physical-chain.ts'
import type { TraceRecord } from '../record.ts'
import { indexRun, type Run } from '../run.ts'
import { type CheckResult, plural, result } from './check.ts'

export interface LoggedRun {
  readonly plan: Plan
  /** Merged and in order of time. */
  readonly records: readonly TraceRecord[]
}

/** A confirmed block without its items: who won which slot, and how heavy the chain is with it. */
interface Win {
  readonly slot: number
  readonly plot: string
  /** null: it never was a tip. */
  readonly weight: string | null
}

/**
 * I14: the physical chain is the same with the stake chain switched off: the same plots win the same slots, on a chain of
 * the same weight. Items differ, and hashes with them. For two runs of one plan, of equal seed and in virtual time, the
 * second without the stake chain (`withoutStake`).
 */
export function checkOblivious(withStake: LoggedRun, withoutStake: LoggedRun): CheckResult {
  const say = (verdict: CheckResult['verdict'], detail: string) =>
    result('physical-obliviousness', 'safety', verdict, detail)
  if (
    withStake.plan.seed !== withoutStake.plan.seed ||
    withStake.plan.scenario !== withoutStake.plan.scenario
  )
    return say('invalid', 'The physical chain can be compared with that of the same plan and seed only.')
  const [one, other] = [withStake, withoutStake].map(({ plan, records }) => indexRun(plan, records)) as [
    Run,
    Run,
  ]
  const coerced = [one, other].flatMap(({ farmers }) => farmers.filter(({ honest }) => !honest))[0]
  if (coerced !== undefined)
    return say(
      'pass',
      `Not demanded: ${coerced.name} does not run the program, so it may look at the stake chain.`,
    )
  if (one.readyMs !== other.readyMs)
    return say(
      'invalid',
      `Faults came at other times: the networks were ready after ${one.readyMs} and ${other.readyMs} ms.`,
    )
  const [wins, others] = [winsOf(one), winsOf(other)]
  const length = Math.min(wins.length, others.length)
  if (length === 0) return say('invalid', 'No honest farmer confirmed a block in both runs.')
  for (let i = 0; i < length; i++) {
    const difference = differenceOf(wins[i]!, others[i]!)
    if (difference !== null)
      return say('fail', `At height ${i + 1} ${difference} with the stake chain switched off.`)
  }
  return say(
    'pass',
    `With the stake chain switched off ${plural(length, 'confirmed physical block')} are the same.`,
  )
}

function differenceOf(win: Win, other: Win): string | null {
  if (win.slot !== other.slot) return `slot ${win.slot} was won, slot ${other.slot}`
  if (win.plot !== other.plot)
    return `slot ${win.slot} was won by plot ${win.plot.slice(0, 12)}, by ${other.plot.slice(0, 12)}`
  if (win.weight !== null && other.weight !== null && win.weight !== other.weight)
    return `the chain weighs ${win.weight}, ${other.weight}`
  return null
}

/** From height 1 on, as far as the heaviest chain of an honest farmer is confirmed. */
function winsOf(run: Run): Win[] {
  const chain = heaviestChain(run)
  if (chain === null) return []
  const blocks = new Map<string, { readonly slot: number; readonly plot: string }>()
  const weights = new Map<string, string>()
  for (const { records } of run.farmers) {
    for (const { hash, slot, plot } of records.of('physical-block')) blocks.set(hash, { slot, plot })
    for (const { hash, weight } of records.of('physical-tip')) weights.set(hash, weight)
  }
  const confirmed = chain.height - (run.plan.physical?.kappa ?? 0)
  const wins: Win[] = []
  for (let height = 1; height <= confirmed; height++) {
    const hash = chain.hashes.get(height)
    const block = hash === undefined ? undefined : blocks.get(hash)
    if (hash === undefined || block === undefined) break
    wins.push({ ...block, weight: weights.get(hash) ?? null })
  }
  return wins
}
