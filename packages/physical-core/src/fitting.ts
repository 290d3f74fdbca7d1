import { genesisState } from './chain-state.ts'
import { lotteryEngines } from './lottery.ts'
import type { PhysicalGenesis } from './params.ts'
import { chainRules } from './rules.ts'

/** The same chain, with an initial difficulty at which its plots win as often in the first epoch as in later ones; without plots as it is. */
export function withFittingDifficulty(genesis: PhysicalGenesis): PhysicalGenesis {
  const { parameters } = genesis
  const { ticketsMilli } = lotteryEngines[parameters.engine]
  let expected = 0n
  for (const { record, effective } of genesisState(chainRules(genesis)).epoch.active.values())
    expected += effective * BigInt(ticketsMilli(record.k))
  const initialDifficulty = expected / BigInt(parameters.winnersPerSlotMilli)
  if (initialDifficulty < 1n) return genesis
  return { ...genesis, parameters: { ...parameters, initialDifficulty } }
}
