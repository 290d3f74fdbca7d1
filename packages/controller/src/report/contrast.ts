import type { Contrast, ContrastedMetric } from '../sweep/compare-ledgers.ts'
import type { SweptPoint } from '../sweep/summarize.ts'
import { duration, listed, number, percent } from './format.ts'

const words: Readonly<
  Record<ContrastedMetric, { readonly name: string; readonly show: (value: number) => string }>
> = {
  finalityGapMs: { name: 'longest time without finality', show: duration },
  targetForcedIncludedShare: {
    name: "the target's transactions executed, by the physical chain",
    show: percent,
  },
  targetStakeIncludedShare: { name: "the target's transactions executed, by mempools", show: percent },
  forkedBlocks: { name: 'conflicting final blocks', show: number },
  revertedFastBlocks: { name: 'fast blocks reverted', show: number },
  leakedStake: { name: 'stake leaked', show: number },
}

/** `0.7: the hybrid came out worse than the stake chain alone in stake leaked (6 against 0).`; null where one ledger ran. */
export function contrastSentence({ label, contrast }: SweptPoint): string | null {
  if (contrast === undefined) return null
  const { worse, better } = contrast
  if (worse.length + better.length === 0)
    return `${label}: the hybrid came out like the stake chain alone in what both are measured by.`
  const sides = [
    ...(worse.length === 0 ? [] : [`worse than the stake chain alone in ${figures(worse)}`]),
    ...(better.length === 0 ? [] : [`better than it in ${figures(better)}`]),
  ]
  const text =
    worse.length === 0 ? `better than the stake chain alone in ${figures(better)}` : sides.join('; ')
  return `${label}: the hybrid came out ${text}.`
}

function figures(contrasts: readonly Contrast[]): string {
  return listed(
    contrasts.map(({ metric, hybrid, stake }) => {
      const { name, show } = words[metric]
      return `${name} (${show(hybrid)} against ${show(stake)})`
    }),
  )
}
