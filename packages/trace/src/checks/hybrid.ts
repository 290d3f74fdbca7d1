import { inclusionBoundBlocks, targetHeight } from '@groundwork/hybrid-core'
import {
  ancestry,
  checkpointed,
  type DerivedBlock,
  eventsOf,
  type HybridRun,
  revertedBlocks,
  tipOf,
} from '../hybrid-run.ts'
import type { Run, RunFarmer } from '../run.ts'
import { spaceSize } from '../space.ts'
import { type CheckResult, listed, plural, result } from './check.ts'
import { checkUnbonding } from './unbonding.ts'

/** The invariants that every hybrid run must keep, in the order of their numbers. I8 and I15 are about time. */
export function alwaysHybrid(run: Run, hybrid: HybridRun): CheckResult[] {
  return [
    checkAnchored(hybrid),
    checkForcedInclusion(hybrid),
    checkNoReversal(run, hybrid),
    checkOneReconfiguration(hybrid),
    checkDeterminism(hybrid),
    checkUnbonding(run, hybrid, faultySpaceShare(run)),
    checkConservation(hybrid),
    checkRollback(run, hybrid),
  ]
}

const short = (hash: string): string => hash.slice(0, 12)

/** I5: what nodes take for anchored never contradicts itself. */
function checkAnchored(hybrid: HybridRun): CheckResult {
  const say = (verdict: CheckResult['verdict'], detail: string) =>
    result('anchored-consistency', 'safety', verdict, detail)
  const { kappa } = hybrid.parameters
  const depth = tooDeep(hybrid)
  if (depth !== null) return say('pass', depth)
  const known = new Map<string, { readonly hash: string; readonly node: string }>()
  for (const { process } of hybrid.followed) {
    for (const { ledger, stake, node } of process.records.of('ledger')) {
      if (ledger !== 'anchored') continue
      const key = `${stake.epoch}/${stake.height}`
      const before = known.get(key)
      if (before !== undefined && before.hash !== stake.hash)
        return say(
          'fail',
          `Anchored at height ${stake.height} of epoch ${stake.epoch}: ${short(before.hash)} at ${before.node}, ${short(stake.hash)} at ${node}.`,
        )
      known.set(key, { hash: stake.hash, node })
    }
  }
  const logs = hybrid.followed.map(({ process, chain }) => ({
    node: process.name,
    log: anchoredLog(chain, tipOf(chain) - kappa),
  }))
  for (const [i, a] of logs.entries()) {
    for (const b of logs.slice(i + 1)) {
      const at = a.log.findIndex((name, k) => k < b.log.length && name !== b.log[k])
      if (at >= 0)
        return say('fail', `Anchored logs differ: ${a.log[at]} at ${a.node}, ${b.log[at]} at ${b.node}.`)
    }
  }
  const length = Math.max(0, ...logs.map(({ log }) => log.length))
  return say('pass', `${plural(logs.length, 'node')} agree on ${plural(length, 'anchored step')}.`)
}

/** Statements about what the physical chain has confirmed hold only while it takes back no more than kappa blocks. */
function tooDeep({ deepestReorg, parameters }: HybridRun): string | null {
  if (deepestReorg <= parameters.kappa) return null
  return `Not demanded: the physical chain took back ${deepestReorg} blocks, more than kappa (${parameters.kappa}).`
}

function anchoredLog(chain: readonly DerivedBlock[], confirmed: number): string[] {
  return chain
    .filter(({ height }) => height <= confirmed)
    .flatMap(({ events }) =>
      events.flatMap((event) => {
        if (event.kind === 'checkpoint-accepted') return [`checkpoint ${short(event.tip)}`]
        if (event.kind === 'target-final') return [`window ${event.window} ${short(event.target)}`]
        return event.kind === 'epoch-began' ? [`epoch ${event.number} ${short(event.id)}`] : []
      }),
    )
}

/** Physical blocks from a forced transaction to its execution, on a chain; null while it waits. */
export function forcedDelays(
  chain: readonly DerivedBlock[],
): { readonly transaction: string; readonly posted: number; readonly blocks: number | null }[] {
  const executed = new Map(
    eventsOf(chain, 'forced-executed').map(({ at, event }) => [
      `${event.transaction}@${event.posted}`,
      at.height,
    ]),
  )
  return eventsOf(chain, 'forced-posted').map(({ at, event }) => {
    const height = executed.get(`${event.transaction}@${at.height}`)
    return {
      transaction: event.transaction,
      posted: at.height,
      blocks: height === undefined ? null : height - at.height,
    }
  })
}

/** I6: executed within D physical blocks, whatever stake is coerced, on every node's chain. */
function checkForcedInclusion({ parameters, followed }: HybridRun): CheckResult {
  const bound = inclusionBoundBlocks(parameters)
  const late: string[] = []
  let counted = 0
  let longest = 0
  for (const { process, chain } of followed) {
    const tip = tipOf(chain)
    for (const { transaction, posted, blocks } of forcedDelays(chain)) {
      counted++
      longest = Math.max(longest, blocks ?? 0)
      if (blocks === null ? tip >= posted + bound : blocks > bound)
        late.push(`${short(transaction)} of height ${posted} at ${process.name}`)
    }
  }
  const say = (verdict: CheckResult['verdict'], detail: string) =>
    result('forced-inclusion', 'safety', verdict, detail)
  if (late.length > 0)
    return say('fail', `Not executed within D = ${bound} physical blocks: ${listed(late, 3)}.`)
  if (counted === 0) return say('pass', 'Nothing was forced.')
  return say(
    'pass',
    `Every forced transaction was executed after at most ${plural(longest, 'physical block')}; D is ${bound}.`,
  )
}

/** I7: what was handed out as fast becomes anchored. */
function checkNoReversal(run: Run, hybrid: HybridRun): CheckResult {
  const say = (verdict: CheckResult['verdict'], detail: string) =>
    result('no-fast-reversal', 'safety', verdict, detail)
  const { faulty, overlap, total } = run.stake
  const reverted = revertedBlocks(run, hybrid)
  const lost = `${plural(reverted.length, 'delivered block')} will never be anchored`
  if (reverted.length === 0) return say('pass', 'No delivered block was reverted.')
  if (faulty >= overlap) return say('pass', `Not demanded: ${faulty} of ${total} stake is faulty; ${lost}.`)
  const captured = faultySpaceShare(run)
  if (captured >= 0.5)
    return say('pass', `Not demanded: ${Math.round(100 * captured)} % of the space is faulty; ${lost}.`)
  const depth = tooDeep(hybrid)
  if (depth !== null) return say('pass', `${depth} ${lost}.`)
  return say('fail', `${lost}, the first at height ${reverted[0]?.height}.`)
}

/** By size of plots: whoever has half of it decides what the physical chain records. */
function faultySpaceShare({ farmers }: Run): number {
  const size = (some: readonly RunFarmer[]) =>
    some.reduce((sum, { planned: { plots, k } }) => sum + Number(spaceSize(plots, k)), 0)
  const whole = size(farmers)
  return whole === 0 ? 0 : size(farmers.filter(({ honest }) => !honest)) / whole
}

/** I9: of two forks at most one justifies a target of its own. */
function checkOneReconfiguration(hybrid: HybridRun): CheckResult {
  const { parameters, blocks } = hybrid
  const justified = [...blocks.values()].flatMap((at) =>
    at.events.flatMap((event) =>
      event.kind === 'window-closed' && event.justified ? [{ at, window: event.window }] : [],
    ),
  )
  for (const [i, a] of justified.entries()) {
    const past = new Map([...ancestry(hybrid, a.at.block)].map((hash) => [hash, true]))
    for (const b of justified.slice(i + 1)) {
      if (a.at.block === b.at.block || past.has(b.at.block)) continue
      const line = [...ancestry(hybrid, b.at.block)]
      if (line.includes(a.at.block)) continue
      const common = line.find((hash) => past.has(hash))
      const fork = common === undefined ? 0 : (blocks.get(common)?.height ?? 0)
      if ([a, b].some(({ window }) => targetHeight(parameters, window) <= fork)) continue
      return result(
        'unique-reconfiguration',
        'safety',
        'fail',
        `Two forks of the physical chain after height ${fork} both justified a target of their own: windows ${a.window} and ${b.window}.`,
      )
    }
  }
  const windows = plural(new Set(justified.map(({ window }) => window)).size, 'justified window')
  return result('unique-reconfiguration', 'safety', 'pass', `No two forks reconfigured; ${windows}.`)
}

/** I10: one block, one meaning. */
function checkDeterminism({ differences, blocks, followed }: HybridRun): CheckResult {
  const say = (verdict: CheckResult['verdict'], detail: string) =>
    result('determinism', 'safety', verdict, detail)
  const [first] = differences
  if (first !== undefined)
    return say(
      'fail',
      `${first.nodes} derived different ${first.what} from the block at height ${first.height}.`,
    )
  if (blocks.size === 0) return say('invalid', 'No honest node derived anything.')
  return say(
    'pass',
    `${plural(followed.length, 'node')} derived the same from each of ${plural(blocks.size, 'physical block')}.`,
  )
}

/** I12: funds, stake, and what is burnt or leaked add up to the same after every block. */
function checkConservation({ blocks }: HybridRun): CheckResult {
  const supplies = [...blocks.values()].flatMap(({ height, supply }) =>
    supply === null ? [] : [{ height, total: supply.total }],
  )
  const [first] = supplies
  const other = supplies.find(({ total }) => total !== first?.total)
  return other === undefined
    ? result(
        'conservation',
        'safety',
        'pass',
        `${first?.total ?? 'Nothing'} in all, at every height looked at.`,
      )
    : result(
        'conservation',
        'safety',
        'fail',
        `There is ${other.total} after height ${other.height}, ${first?.total} after ${first?.height}.`,
      )
}

/** I13: a reorganisation takes back nothing that the chain both sides share holds a checkpoint of. */
function checkRollback(run: Run, hybrid: HybridRun): CheckResult {
  const hazards = hybrid.followed
    .flatMap(({ process }) => process.records.of('hazard'))
    .filter(({ hazard }) => hazard === 'fast-reverted' || hazard === 'confirmed-reverted')
  const held = checkpointed(run, hybrid.main)
  for (const { node, fork, lost } of hazards) {
    const kept = lost.find(({ hash }) => (held.get(hash) ?? Number.POSITIVE_INFINITY) <= fork)
    if (kept !== undefined)
      return result(
        'bounded-rollback',
        'safety',
        'fail',
        `${node} reverted the block at height ${kept.height}, which was checkpointed below the fork at ${fork}.`,
      )
  }
  const detail =
    hazards.length === 0
      ? 'Nothing was reverted.'
      : `In ${plural(hazards.length, 'hazard')} only blocks without a checkpoint below the fork were reverted.`
  return result('bounded-rollback', 'safety', 'pass', detail)
}
