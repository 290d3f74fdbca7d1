import { inclusionBoundBlocks } from '@groundwork/hybrid-core'
import { fromHex, toHex } from '@groundwork/primitives'
import { decodeEvidence, decodeJustifiedHeader, type Evidence } from '@groundwork/stake-core'
import { decodedOrNull } from '../decoded.ts'
import { type DerivedBlock, eventsOf, type HybridRun, tipOf } from '../hybrid-run.ts'
import type { RecordOf } from '../record.ts'
import type { Run, RunNode } from '../run.ts'
import { type CheckResult, listed, plural, result } from './check.ts'

/** I11: nothing is paid out before U_p blocks have passed, nor in RECORDED; and evidence within E_max always bites. */
export function checkUnbonding(run: Run, hybrid: HybridRun, capturedShare: number): CheckResult {
  const say = (verdict: CheckResult['verdict'], detail: string) =>
    result('unbonding', 'safety', verdict, detail)
  const { paid, broken } = earlyPayouts(hybrid)
  if (broken.length > 0) return say('fail', `Paid out too early: ${listed([...new Set(broken)], 3)}.`)
  const payouts = paid === 0 ? 'Nothing was paid out' : 'No payout came early'
  // Whoever has half of the space keeps evidence out.
  const due = capturedShare >= 0.5 ? [] : dueEvidence(run, hybrid)
  const slashed = new Map(eventsOf(hybrid.main, 'slashed').map(({ at, event }) => [event.validator, at]))
  const spared = due.find(({ key }) => !slashed.has(key))
  if (spared !== undefined)
    return say(
      'fail',
      `${spared.node} held evidence against ${spared.offender} from height ${spared.since} on, which was good until ${spared.until}; nobody was slashed for it.`,
    )
  const unburnt = [...slashed].find(([key, at]) => isUnburnt(hybrid, key, at))
  if (unburnt !== undefined)
    return say(
      'fail',
      `Evidence was recorded at height ${unburnt[1].height} and burnt nothing within D physical blocks.`,
    )
  if (slashed.size === 0) return say('pass', `${payouts}; no evidence was due.`)
  return say('pass', `${payouts}; ${plural(slashed.size, 'offender')} slashed, and nobody was spared.`)
}

function earlyPayouts({ parameters, followed }: HybridRun): { paid: number; broken: string[] } {
  const broken: string[] = []
  let paid = 0
  for (const { chain } of followed) {
    const began = new Map(eventsOf(chain, 'unbonding-began').map(({ at, event }) => [event.lot, at.height]))
    for (const { at, event } of eventsOf(chain, 'payout')) {
      paid++
      const since = began.get(event.lot)
      if (since === undefined || at.height - since < parameters.unbondingBlocks)
        broken.push(`lot ${event.lot} at height ${at.height}, unbonding since ${since ?? 'never'}`)
      else if (at.mode === 'RECORDED' && !at.events.some(({ kind }) => kind === 'recorded-began'))
        broken.push(`lot ${event.lot} at height ${at.height}, in RECORDED`)
    }
  }
  return { paid, broken }
}

interface DueEvidence {
  readonly node: string
  readonly offender: string
  readonly key: string
  /** Physical heights: when its holder could begin to offer it, and after which it is too old. */
  readonly since: number
  readonly until: number
}

/**
 * Evidence that an honest validator held, undisturbed by any fault but others' coercion, for as many physical blocks as
 * an anchor may be old, before it was too old itself and before the run ended.
 */
function dueEvidence(run: Run, { main, parameters }: HybridRun): DueEvidence[] {
  const anchors = anchorsOf(run)
  return run.honest.flatMap((node) =>
    node.records.of('evidence').flatMap((record): DueEvidence[] => {
      const newest = newestAnchor(record, anchors)
      const key = keyOf(node, record)
      if (newest === null || key === null || record.monoMs > run.endedMs) return []
      const since = main.findLast(({ firstMs }) => firstMs <= record.monoMs)?.height ?? 0
      const until = newest + parameters.evidenceMaxAgeBlocks
      const offered = main.find(({ height }) => height > since + parameters.maxAnchorAgeBlocks)
      if (offered === undefined || offered.height > until) return []
      if (offered.height > tipOf(main) - parameters.kappa) return []
      if (isDisturbed(run, record.monoMs, offered.firstMs)) return []
      const offender = `validator ${record.offender + 1}`
      return [{ node: node.name, offender, key, since, until }]
    }),
  )
}

const harmless: ReadonlySet<string> = new Set(['coerce', 'seize-keys'])

function isDisturbed({ faults }: Run, fromMs: number, toMs: number): boolean {
  return faults.some(
    ({ verb, beganMs, toMs: ends }) => !harmless.has(verb) && beganMs < toMs && ends > fromMs,
  )
}

/** Anchors of blocks that anybody finalized: of others the logs do not tell. */
function anchorsOf(run: Run): Map<string, () => number | null> {
  const anchors = new Map<string, () => number | null>()
  for (const { hash, proof } of run.nodes.flatMap(({ records }) => records.of('finalized')))
    anchors.set(hash, () => decodedOrNull(() => decodeJustifiedHeader(fromHex(proof)).header.anchor.height))
  return anchors
}

/** Null: it is of a rule that is not punished, or no header to it is known. */
function newestAnchor(
  record: RecordOf<'evidence'>,
  anchors: ReadonlyMap<string, () => number | null>,
): number | null {
  const evidence = decodedOrNull<Evidence>(() => decodeEvidence(fromHex(record.evidence)))
  if (evidence === null || evidence.rule === 'S5') return null
  if (evidence.rule === 'S3') return evidence.block.header.anchor.height
  const known = [evidence.a, evidence.b].flatMap(({ hash }) => anchors.get(toHex(hash))?.() ?? [])
  return known.length === 0 ? null : Math.max(...known)
}

/** By the epoch that the node was in. */
function keyOf(node: RunNode, { stakeEpoch = 0, offender }: RecordOf<'evidence'>): string | null {
  const epochs = [...node.records.of('node-started'), ...node.records.of('epoch-entered')]
  const entered = epochs.findLast(({ epoch }) => epoch.number === stakeEpoch)?.epoch
  return entered?.validators[offender]?.publicKey ?? null
}

/** Blocks between two totals that nodes write down. */
const supplyEvery = 8

/** Of a validator that had enough for a loss to be a whole number, and neither leaked nor withdrew before. */
function isUnburnt({ main, parameters }: HybridRun, key: string, at: DerivedBlock): boolean {
  const by = at.height + inclusionBoundBlocks(parameters) + supplyEvery
  if (tipOf(main) < by) return false
  const before = main.findLast(({ height, supply }) => height < at.height && supply !== null)?.supply
  const after = main.findLast(({ height, supply }) => height <= by && supply !== null)?.supply
  if (before == null || after == null || Number(before.staked) < 100) return false
  const left = main.some(
    ({ height, events }) =>
      height <= by &&
      events.some(
        (event) =>
          event.kind === 'payout' ||
          (event.kind === 'window-closed' && event.leaked.some(({ validator }) => validator === key)),
      ),
  )
  return !left && BigInt(after.slashed) <= BigInt(before.slashed)
}
