import type { Height, TipSummary } from '@groundwork/physical-core'

/** Behind by more than this, a private chain is given up and begun anew at the public tip. */
export const hopelessBlocks = 6

export interface Race {
  /** Of the public block on which the private chain began. */
  readonly base: Height
  readonly secret: Pick<TipSummary, 'height' | 'weight'>
  readonly shown: Pick<TipSummary, 'height' | 'weight'>
  /** Blocks after which others trust a block. */
  readonly kappa: number
}

/** What to do with a private chain: the classical attack on a confirmation shows it once it wins and the fork is that deep. */
export function forkMove({ base, secret, shown, kappa }: Race): 'go-on' | 'show' | 'give-up' {
  const isBuried = shown.height >= base + kappa
  if (isBuried && secret.height > base && secret.weight > shown.weight) return 'show'
  return shown.height - secret.height > hopelessBlocks ? 'give-up' : 'go-on'
}
