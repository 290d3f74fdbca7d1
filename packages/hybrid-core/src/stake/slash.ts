import type { Height, Key } from '../mode/index.ts'
import { countsIn, type Lot, type Offence, type StakeState, withoutEmpty } from './lots.ts'

/**
 * Burns a part of the offender's stake that grows with how much stake offended in the same period: three times their
 * share of the weight, so that a third or more lose everything (2.9). Earlier offenders of the period are made to pay as
 * much. What is left counts no more from `until` on and can be withdrawn after unbonding. Null for one known already.
 */
export function slash(
  state: StakeState,
  offender: { readonly validator: Key; readonly height: Height; readonly until: number },
  periodBlocks: number,
): StakeState | null {
  const { validator, height, until } = offender
  if (isSlashed(state, validator)) return null
  let base = 0
  for (const lot of state.lots.values()) if (lot.validator === validator) base += lot.amount
  if (base === 0) return null
  const offences: Offence[] = [...state.offences, { validator, height, base, burnt: 0 }]
  const recent = new Set(offences.filter((offence) => height - offence.height < periodBlocks))
  const guilty = [...recent].reduce((sum, offence) => sum + offence.base, 0)
  const names = new Set([...recent].map((offence) => offence.validator))
  let total = guilty
  for (const lot of state.lots.values())
    if (!names.has(lot.validator) && countsIn(lot, state.epoch)) total += lot.amount

  const lots = new Map<number, Lot>()
  for (const lot of state.lots.values()) {
    const isHis = lot.validator === validator
    lots.set(lot.id, isHis ? { ...lot, until: Math.min(lot.until ?? until, until) } : lot)
  }
  let burntNow = 0
  const after = offences.map((offence): Offence => {
    if (!recent.has(offence)) return offence
    const part = Math.min(total, 3 * guilty)
    const due = Number((BigInt(offence.base) * BigInt(part)) / BigInt(total)) - offence.burnt
    const burnt = burn(lots, offence.validator, due)
    burntNow += burnt
    return { ...offence, burnt: offence.burnt + burnt }
  })
  return { ...state, lots: withoutEmpty(lots), offences: after, slashed: state.slashed + burntNow }
}

export function isSlashed({ offences }: StakeState, validator: Key): boolean {
  return offences.some((offence) => offence.validator === validator)
}

/** As much of `due` as there is; what was withdrawn or leaked meanwhile is out of reach. */
function burn(lots: Map<number, Lot>, validator: Key, due: number): number {
  let left = due
  for (const lot of lots.values()) {
    if (lot.validator !== validator || left <= 0) continue
    const part = Math.min(left, lot.amount)
    lots.set(lot.id, { ...lot, amount: lot.amount - part })
    left -= part
  }
  return due > 0 ? due - left : 0
}
