/** What fork choice looks at, and nothing else: in particular no finality of the stake chain. */
export interface Contender {
  readonly chain: { readonly weight: bigint }
  /** Lottery number of the last block. */
  readonly u: bigint
}

/** PC8. More weight; at equal weight the lower lottery number; at equal numbers whoever was there first. */
export function isBetter(candidate: Contender, current: Contender): boolean {
  const [a, b] = [candidate.chain.weight, current.chain.weight]
  return a > b || (a === b && candidate.u < current.u)
}
