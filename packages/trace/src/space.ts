import { lotteryEngines } from '@groundwork/physical-core'

/** What plots weigh in the lottery, wherever they are; under proof of work (k = 0) all weigh the same. */
export function spaceSize(plots: number, k: number): bigint {
  return BigInt(plots) * (k === 0 ? 1n : lotteryEngines.space.baseSize(k))
}
