import { toHex } from '@groundwork/primitives'
import { type Epoch, publicKeyOf } from '@groundwork/stake-core'
import { knownEpochs } from './checks/accountability.ts'
import { type DerivedBlock, eventsOf, type HybridRun } from './hybrid-run.ts'
import { largest } from './quantile.ts'
import type { Run } from './run.ts'

type Value = number | null

/** null: nothing was bonded, or the run ended too early to tell. */
export interface BondMetrics {
  /** Weight that bonded stake had in the epoch in which it was bonded, or in the next; the most of all bonds. */
  readonly flashWeight: Value
  /** From the epoch in which stake was bonded to the first whose set counts it; the least of all bonds. */
  readonly bondActivationEpochs: Value
}

export function measureBonds(run: Run, hybrid: HybridRun | null): BondMetrics {
  const epochs = knownEpochs(run)
  const executed = executedIn(run, hybrid?.main ?? [])
  const bonds = run.controller.of('submitted').flatMap(({ transaction, stake }) => {
    const number = executed.get(transaction)
    if (stake?.kind !== 'bond' || number === undefined) return []
    const key = epochs[0] === undefined ? undefined : publicKeyOf(epochs[0], stake.validator)
    return key === undefined ? [] : [{ number, key: toHex(key) }]
  })
  const gains = bonds.map(({ number, key }) => {
    const before = weightIn(epochs, number, key)
    return epochs
      .filter((epoch) => epoch.number > number && before !== null)
      .map((epoch) => ({
        after: epoch.number - number,
        gain: (weightIn(epochs, epoch.number, key) ?? 0) - before!,
      }))
  })
  const early = gains.flatMap((own) => own.filter(({ after }) => after === 1))
  const counted = gains.flatMap((own) => own.find(({ gain }) => gain > 0)?.after ?? [])
  return {
    flashWeight: largest(early.map(({ gain }) => Math.max(0, gain))),
    bondActivationEpochs: counted.length === 0 ? null : Math.min(...counted),
  }
}

/** The stake chain's epoch in which each transaction had its effect, by whichever way it came. */
function executedIn(run: Run, main: readonly DerivedBlock[]): Map<string, number> {
  const found = new Map<string, number>()
  for (const { transactions, stakeEpoch = 0 } of run.firstFinal.values())
    for (const id of transactions) found.set(id, stakeEpoch)
  const began = eventsOf(main, 'epoch-began')
  for (const { at, event } of eventsOf(main, 'forced-executed')) {
    if (event.code !== null) continue
    const [segment] = at.events.flatMap((one) => (one.kind === 'checkpoint-accepted' ? [one.epoch] : []))
    const running = began.findLast((one) => one.at.height <= at.height)?.event.number ?? 0
    found.set(event.transaction, segment ?? running)
  }
  return found
}

function weightIn(epochs: readonly Epoch[], number: number, key: string): Value {
  const epoch = epochs.find((one) => one.number === number)
  if (epoch === undefined) return null
  return epoch.validators.validators.find(({ publicKey }) => toHex(publicKey) === key)?.weight ?? 0
}
