import { certainLoss, spaceTimeCost } from '@groundwork/hybrid-core'
import { fromHex, toHex } from '@groundwork/primitives'
import { decodeCertificate, type Epoch } from '@groundwork/stake-core'
import { type BondMetrics, measureBonds } from './bonds.ts'
import { knownEpochs } from './checks/accountability.ts'
import type { Conflict } from './checks/agreement.ts'
import { decodedOrNull } from './decoded.ts'
import { eventsOf, type HybridRun, revertedBlocks } from './hybrid-run.ts'
import { largest, median } from './quantile.ts'
import type { RecordOf } from './record.ts'
import type { Run } from './run.ts'

type Value = number | null

/** Stake and coins are counts of one unit. null: not measured, or it did not happen. */
export interface EconomicMetrics extends BondMetrics {
  /** Of blocks that honest nodes finalized: stake certain to burn if another certificate shows up, as the signers had it. */
  readonly valueAtLossMin: Value
  readonly valueAtLossMedian: Value
  /** The most that the certificates of conflicting final blocks had promised. */
  readonly valueAtLossForked: Value
  /** What was burnt, and what the final chains alone convict of (nothing need burn for that), over what was promised. */
  readonly slashedOverValueAtLoss: Value
  readonly accusedOverValueAtLoss: Value
  /** Physical blocks that came while seized keys signed twice: how long their victims went unheard, if they were cut off; null if that never ended. */
  readonly evidenceDelayBlocks: Value
  /** Burnt part of the stake that the final chains convict. */
  readonly slashedShare: Value
  /** Stake that was paid out to its owners. */
  readonly withdrawnStake: Value
  /** Coins that fast blocks moved which were reverted: what a double spend can have been worth. */
  readonly revertedCoins: Value
  /** That, less what was burnt; null if nobody is convicted. */
  readonly attackProfit: Value
  /** To reorganise the physical chain from a block that has just been confirmed: byte ms. No stake, never added to it. */
  readonly spaceTimeCost: Value
}

export interface EconomicsInput {
  readonly run: Run
  readonly hybrid: HybridRun | null
  readonly conflicts: readonly Conflict[]
  readonly accusedWeight: number
}

export function measureEconomics({ run, hybrid, conflicts, accusedWeight }: EconomicsInput): EconomicMetrics {
  const losses = lossesAtStake(run)
  const values = [...losses.values()]
  const forked = largest(
    conflicts.flatMap(({ a, b }) => [a, b].flatMap(({ hash }) => losses.get(hash) ?? [])),
  )
  const supply = hybrid?.main.findLast((block) => block.supply !== null)?.supply ?? null
  const slashed = supply === null ? null : Number(supply.slashed)
  const coins = hybrid === null ? null : coinsIn(run, hybrid)
  return {
    valueAtLossMin: values.length === 0 ? null : Math.min(...values),
    valueAtLossMedian: median(values),
    valueAtLossForked: forked,
    slashedOverValueAtLoss: over(slashed, forked),
    accusedOverValueAtLoss: over(accusedWeight, forked),
    evidenceDelayBlocks: hybrid === null ? null : blocksDuringSeizure(run, hybrid),
    slashedShare: over(slashed, accusedWeight),
    withdrawnStake:
      hybrid === null
        ? null
        : eventsOf(hybrid.main, 'paid-out').reduce((sum, { event }) => sum + event.amount, 0),
    revertedCoins: coins,
    attackProfit: accusedWeight === 0 || coins === null || slashed === null ? null : coins - slashed,
    ...measureBonds(run, hybrid),
    spaceTimeCost: hybrid === null ? null : costOfReorganisation(run, hybrid),
  }
}

function over(part: Value, whole: Value): Value {
  return part === null || whole === null || whole === 0 ? null : Math.round((1000 * part) / whole) / 1000
}

/** By block: the value at loss of the first certificate that covered it where it was first final. */
function lossesAtStake(run: Run): Map<string, number> {
  const epochs = new Map(knownEpochs(run).map((epoch) => [toHex(epoch.id), epoch]))
  const losses = new Map<string, number>()
  for (const { records } of run.honest) {
    let covered: RecordOf<'finalized'>[] = []
    for (const record of records.of('finalized')) {
      covered.push(record)
      if (record.certificate === null) continue
      const first = covered.filter((one) => run.firstFinal.get(one.hash) === one)
      covered = []
      const loss = first.length === 0 ? null : lossOf(epochs, record.certificate)
      if (loss !== null) for (const { hash } of first) losses.set(hash, loss)
    }
  }
  return losses
}

function lossOf(epochs: ReadonlyMap<string, Epoch>, encoded: string): Value {
  const certificate = decodedOrNull(() => decodeCertificate(fromHex(encoded)))
  const epoch = certificate === null ? undefined : epochs.get(toHex(certificate.epochId))
  if (certificate === null || epoch === undefined) return null
  const { validators } = epoch.validators
  const bonded = certificate.signatures.reduce((sum, { voter }) => sum + (validators[voter]?.weight ?? 0), 0)
  return certainLoss(bonded, epoch)
}

function blocksDuringSeizure(run: Run, { main }: HybridRun): Value {
  const seizure = run.faults.find(({ verb }) => verb === 'seize-keys')
  const untilMs = seizure?.healedMs ?? null
  if (seizure === undefined || untilMs === null) return null
  return main.filter(({ firstMs }) => firstMs > seizure.beganMs && firstMs <= untilMs).length
}

/** Each transfer of the workload moves one coin. */
function coinsIn(run: Run, hybrid: HybridRun): number {
  const reverted = new Set(revertedBlocks(run, hybrid).map(({ hash }) => hash))
  let coins = 0
  for (const [hash, { transactions }] of run.firstFinal) if (reverted.has(hash)) coins += transactions.length
  return coins
}

function costOfReorganisation(run: Run, { parameters }: HybridRun): Value {
  const slotMs = run.plan.physical?.slotMs
  const spaces = run.farmers.flatMap(({ records }) => records.of('physical-epoch').slice(-1))
  const space = spaces.toSorted((a, b) => b.epoch - a.epoch)[0]?.space
  if (slotMs === undefined || space === undefined) return null
  return Number(spaceTimeCost(parameters.kappa, slotMs, BigInt(space)))
}
