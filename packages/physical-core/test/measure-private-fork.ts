/** How often private forks win: `node test/measure-private-fork.ts [trials] [winners per slot] [beta] [kappa]`, in thousandths but kappa. */
import { privateForkSuccess } from '../src/index.ts'

const [trials = 10_000, winnersPerSlotMilli = 600, beta, depth] = process.argv.slice(2).map(Number)
for (const betaMilli of beta === undefined ? [100, 200, 300, 400, 450] : [beta]) {
  for (const kappa of depth === undefined ? [6, 12, 24] : [depth]) {
    const startMs = performance.now()
    const result = privateForkSuccess({ betaMilli, kappa, winnersPerSlotMilli, trials, seed: 1 })
    const seconds = ((performance.now() - startMs) / 1000).toFixed(1)
    const part = (count: number) => (count / trials).toPrecision(2)
    console.log(
      `beta ${betaMilli / 1000} kappa ${kappa}: level ${part(result.level)} won ${part(result.won)} (${seconds} s)`,
    )
  }
}
