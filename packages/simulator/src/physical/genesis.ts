import {
  type ChainRules,
  chainRules,
  genesisState,
  type PhysicalGenesis,
  physicalProfiles,
} from '@groundwork/physical-core'
import { farmersOf, type Plan, type PlannedPhysical } from '@groundwork/scenario'
import { simulatedKey } from '../keys.ts'

/** Of light in fibre over the emulated delay: nothing outside a region answers faster than this part of it. */
const lightShare = 0.6

/** The chain of a plan, with the simulator's own keys. `timeMs`: when slot 1 begins. */
export function physicalRules(plan: Plan, physical: PlannedPhysical, timeMs: number): ChainRules {
  const { regions } = physical
  const plots = farmersOf(plan.nodes).flatMap(({ farmer, plots: count, k, claims }) =>
    Array.from({ length: count }, (_, index) => ({
      farmer: simulatedKey('farmer', farmer).publicKey,
      index,
      k,
      region: regions.indexOf(claims),
    })),
  )
  const delayMs = (from: string, to: string): number => plan.delays[from]?.[to] ?? 0
  const genesis: PhysicalGenesis = {
    chain: `${plan.scenario}-${plan.seed}`,
    timeMs,
    parameters: {
      ...physicalProfiles[physical.profile],
      engine: physical.engine,
      vdf:
        physical.squarings === null
          ? { kind: 'none' }
          : { kind: 'wesolowski', squarings: physical.squarings },
      slotMs: physical.slotMs,
      epochSlots: physical.epochSlots,
      seedLagSlots: physical.seedLagSlots,
      winnersPerSlotMilli: physical.winnersPerSlotMilli,
      kappa: physical.kappa,
      locationFaults: physical.locationFaults,
      outsideChallengers: physical.outsideChallengers,
      locationGraceEpochs: physical.locationGraceEpochs,
      unlocatedMilli: physical.unlocatedMilli,
      regionCapMilli: physical.regionCapMilli,
      regionFloorMilli: physical.regionFloorMilli,
    },
    regions: regions.map((name) => ({
      name,
      maxRttUs: physical.nearMs * 1000,
      minRttUs: regions.map((other) =>
        Math.floor((delayMs(name, other) + delayMs(other, name)) * 1000 * lightShare),
      ),
    })),
    landmarks: [],
    plots,
  }
  // The first epoch should win as often as the others.
  const { space } = genesisState(chainRules(genesis)).epoch
  const initialDifficulty = (space * 1000n) / BigInt(physical.winnersPerSlotMilli) || 1n
  return chainRules({ ...genesis, parameters: { ...genesis.parameters, initialDifficulty } })
}
