import { ledgerOf, type Plan } from '@groundwork/scenario'
import { minutes } from './text.ts'

const shorter = '--point and --repeat make it shorter'

/** How much a sweep is about to do, and how long that takes as far as that can be known. */
export function sweepAhead(plans: readonly Plan[], clock: 'real' | 'virtual'): string[] {
  const [first] = plans
  if (first === undefined) return []
  const points = new Set(plans.map(({ point }) => point?.label)).size
  const ledgers = [...new Set(plans.map(ledgerOf))]
  const seeds = plans.map(({ seed }) => seed)
  const ms = plans.map(({ durationMs }) => durationMs)
  const longest = `${Math.max(...ms) / 1000} s`
  return [
    `${plans.length} runs on the ${first.runtime} runtime: ${points} points of ${first.point?.variable}, ledgers ${ledgers.join(' and ')}, seeds ${Math.min(...seeds)} to ${Math.max(...seeds)}`,
    clock === 'virtual'
      ? `each is ${longest} of virtual time; how long they all take is known after the first (${shorter})`
      : `each takes ${longest} and the start of its network: more than ${minutes(ms.reduce((sum, one) => sum + one, 0))} in all (${shorter}; --runtime simulated waits for no clock)`,
  ]
}

/** After some of the runs. */
export function sweepLeft(done: number, all: number, elapsedMs: number): string {
  const leftMs = (elapsedMs / done) * (all - done)
  return `run ${done} of ${all} is over${done < all ? `, about ${minutes(leftMs)} left` : ''}`
}
