import { assert, hash, type Prng, prng } from '@groundwork/primitives'
import { type Contender, isBetter } from './fork-choice.ts'
import { isWin, lotteryEngines, lotteryNumber } from './lottery.ts'

export interface PrivateForkInit {
  /** Part of the space that works in secret, in thousandths; a multiple of 1000 / plots. */
  readonly betaMilli: number
  /** Blocks that the others make before the attacker shows its own. */
  readonly kappa: number
  readonly winnersPerSlotMilli: number
  readonly trials: number
  readonly seed: number | string
  /** All of one size, k = 16. */
  readonly plots?: number
  /** An attacker so many blocks behind gives up; chosen by beta if left out. */
  readonly hopeless?: number
}

export interface PrivateForkResult {
  readonly trials: number
  /** The secret chain was ever as heavy as the public one, at kappa blocks or later: the classical two-walk race. */
  readonly level: number
  /** Fork choice ever preferred it: heavier, or as heavy with the lower lottery number. */
  readonly won: number
}

const k = 16

/**
 * How often a private chain beats kappa confirmations: both sides draw from the chain's own lottery in every slot and
 * extend their own fork by one block at most, so no slot counts twice, and the chain's own fork choice decides. Qualities
 * are modelled (uniform); the attacker sees every slot as early as everybody.
 */
export function privateForkSuccess(init: PrivateForkInit): PrivateForkResult {
  const { betaMilli, plots = betaMilli % 100 === 0 ? 10 : 20, trials } = init
  const secret = (plots * betaMilli) / 1000
  assert(Number.isInteger(secret), `${plots} plots have no part of ${betaMilli} thousandths`)
  const size = lotteryEngines.space.baseSize(k)
  const difficulty = (size * BigInt(plots) * 1000n) / BigInt(init.winnersPerSlotMilli)
  const hopeless = init.hopeless ?? hopelessLead(betaMilli)
  const root = prng(init.seed)
  let level = 0
  let won = 0
  for (let trial = 0; trial < trials; trial++) {
    const outcome = race(root.split(`${trial}`), { ...init, plots, secret, size, difficulty, hopeless })
    if (outcome !== 'lost') level++
    if (outcome === 'won') won++
  }
  return { trials, level, won }
}

interface Race extends PrivateForkInit {
  readonly plots: number
  readonly secret: number
  readonly size: bigint
  readonly difficulty: bigint
  readonly hopeless: number
}

/** The lead at which (beta / (1 - beta))^lead is below 10^-4. */
function hopelessLead(betaMilli: number): number {
  let lead = 1
  let chance = 1_000_000_000n
  for (; chance >= 100_000n && lead < 1000; lead++)
    chance = (chance * BigInt(betaMilli)) / BigInt(1000 - betaMilli)
  return lead
}

interface Side extends Contender {
  readonly blocks: number
}

function race(random: Prng, init: Race): 'won' | 'level' | 'lost' {
  const { kappa, plots, secret, size, difficulty, hopeless } = init
  const challenge = hash('groundwork/model-challenge/1')
  const quality = new Uint8Array(32)
  const view = new DataView(quality.buffer)
  const draw = (count: number): bigint | null => {
    let best: bigint | null = null
    for (let i = 0; i < count; i++) {
      for (let word = 0; word < 32; word += 4) view.setUint32(word, random.u32())
      const u = lotteryNumber(quality, challenge)
      if (isWin(u, difficulty, size) && (best === null || u < best)) best = u
    }
    return best
  }
  const extend = (side: Side, u: bigint | null): Side =>
    u === null ? side : { blocks: side.blocks + 1, chain: { weight: side.chain.weight + difficulty }, u }
  let shown: Side = { blocks: 0, chain: { weight: 0n }, u: 0n }
  let hidden = shown
  let wasLevel = false
  for (;;) {
    shown = extend(shown, draw(plots - secret))
    hidden = extend(hidden, draw(secret))
    if (shown.blocks < kappa) continue
    if (isBetter(hidden, shown)) return 'won'
    wasLevel = wasLevel || hidden.blocks === shown.blocks
    if (shown.blocks - hidden.blocks >= hopeless) return wasLevel ? 'level' : 'lost'
  }
}
