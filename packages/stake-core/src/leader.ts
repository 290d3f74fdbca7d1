import { encode, hash } from '@groundwork/primitives'
import type { Epoch, ValidatorIndex, View } from './types.ts'

/** Leader of a view; views count from 1 within an epoch. */
export type LeaderSchedule = (view: View) => ValidatorIndex

const schedules = new WeakMap<Epoch, LeaderSchedule>()

/**
 * Smooth weighted round-robin (R10): each view every validator's priority grows by its weight, the largest leads and
 * pays the total. A pure function of the epoch: recomputed, never exchanged. Every priority starts at a seeded offset,
 * because starting at zero keeps light validators from ever leading in short epochs.
 */
export function leaderSchedule(epoch: Epoch): LeaderSchedule {
  const known = schedules.get(epoch)
  if (known !== undefined) return known
  const { validators, total } = epoch.validators
  const priorities = validators.map((_, index) => offset(epoch, index) - Math.floor(total / 2))
  const leaders: ValidatorIndex[] = []
  const next = (): ValidatorIndex => {
    let best = 0
    for (let i = 0; i < priorities.length; i++) {
      priorities[i] = (priorities[i] as number) + (validators[i] as { weight: number }).weight
      if ((priorities[i] as number) > (priorities[best] as number)) best = i
    }
    priorities[best] = (priorities[best] as number) - total
    recentre(priorities, total)
    return best
  }
  const schedule: LeaderSchedule = (view) => {
    while (leaders.length < view) leaders.push(next())
    return leaders[view - 1] as ValidatorIndex
  }
  schedules.set(epoch, schedule)
  return schedule
}

function offset(epoch: Epoch, index: ValidatorIndex): number {
  const digest = hash(
    'groundwork/leader/1',
    epoch.id,
    epoch.seed,
    encode((out) => out.u16(index)),
  )
  return Number(
    new DataView(digest.buffer, digest.byteOffset).getBigUint64(0) % BigInt(epoch.validators.total),
  )
}

/** Keeps the mean at zero and every priority within twice the total. */
function recentre(priorities: number[], total: number): void {
  let sum = 0
  for (const priority of priorities) sum += priority
  const mean = Math.floor(sum / priorities.length)
  for (let i = 0; i < priorities.length; i++) {
    priorities[i] = Math.max(-2 * total, Math.min(2 * total, (priorities[i] as number) - mean))
  }
}
