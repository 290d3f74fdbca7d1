import {
  type PhysicalGenesis,
  physicalProfiles,
  regionsOf,
  withFittingDifficulty,
} from '@groundwork/physical-core'
import { farmersOf, type Plan, type PlannedPhysical } from '@groundwork/scenario'
import { simulatedKey } from '../keys.ts'

/** Time for connections before the first slot. */
const firstSlotMs = 2000

/** The chain of a plan, with the simulator's own keys. */
export function physicalGenesis(plan: Plan, physical: PlannedPhysical): PhysicalGenesis {
  const { regions } = physical
  const plots = farmersOf(plan.nodes).flatMap(({ farmer, plots: count, k, claims }) =>
    Array.from({ length: count }, (_, index) => ({
      farmer: simulatedKey('farmer', farmer).publicKey,
      index,
      k,
      region: regions.indexOf(claims),
    })),
  )
  const genesis: PhysicalGenesis = {
    chain: `${plan.scenario}-${plan.seed}`,
    timeMs: firstSlotMs,
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
    regions: regionsOf(regions, physical.nearMs, plan.delays),
    landmarks: [],
    plots,
  }
  return withFittingDifficulty(genesis)
}
