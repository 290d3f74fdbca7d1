import { deriveGenesisOf } from '@groundwork/genesis'
import { type Replayed, replayRecorded } from '@groundwork/hybrid-host'
import { chainRules } from '@groundwork/physical-core'
import { CodedError, standInSignatures } from '@groundwork/primitives'
import type { Plan } from '@groundwork/scenario'
import { physicalGenesis } from '../physical/genesis.ts'
import { isModelSpaceProof } from '../physical/model.ts'
import { planGenesis } from '../plan-genesis.ts'

/** I10: what the recorded chain of a simulated run means, from nothing but the plan and the blocks. */
export function* replayPlan(plan: Plan, lines: Iterable<string>): Generator<Replayed, void> {
  if (plan.physical === undefined || plan.hybrid === undefined)
    throw new CodedError('RECORDED_CHAIN', 'the run has no hybrid ledger, so there is nothing to derive')
  const physical = physicalGenesis(plan, plan.physical)
  yield* replayRecorded(
    {
      genesis: deriveGenesisOf(planGenesis(plan, physical), physical),
      verify: standInSignatures.verify,
      verifySpace: ({ plotId, k, challenge, proof }) => isModelSpaceProof(plotId, k, challenge, proof),
    },
    chainRules(physical),
    lines,
  )
}
