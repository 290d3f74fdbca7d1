import { defaultParameters, type Genesis, physicalGenesisHash } from '@groundwork/genesis'
import type { PhysicalGenesis } from '@groundwork/physical-core'
import type { KeyPair } from '@groundwork/primitives'
import { accountLayout, type Plan, validatorsOf } from '@groundwork/scenario'
import { simulatedAccounts, simulatedBalance, simulatedKey } from './keys.ts'

/** The stake chain of a plan, with the simulator's own keys; it names the physical chain if it leans on one. */
export function planGenesis(plan: Plan, physical: PhysicalGenesis | null): Genesis {
  const validators = validatorsOf(plan.nodes)
    .filter(({ twinOf }) => twinOf === null)
    .toSorted((a, b) => a.validator - b.validator)
  const genesis: Genesis = {
    // The seed is part of the chain's name, so that it decides on the order of leaders too.
    chain: `${plan.scenario}-${plan.seed}`,
    validators: validators.map(({ name, validator, weight, labels }) => ({
      name,
      publicKey: simulatedKey('validator', validator).publicKey,
      weight,
      labels,
    })),
    accounts: [...planAccounts(plan), ...stakeholders(plan)].map(({ publicKey }) => ({
      publicKey,
      balance: simulatedBalance,
    })),
    parameters: { ...defaultParameters, ...plan.parameters },
  }
  if (plan.hybrid === undefined || physical === null) return genesis
  const { parameters } = plan.hybrid
  return { ...genesis, hybrid: { physicalGenesis: physicalGenesisHash(physical), parameters } }
}

/** Validators with funds of their own: those that do something with their stake. */
function stakeholders({ workload }: Plan): KeyPair[] {
  const indices = new Set((workload.stake ?? []).map(({ validator }) => validator))
  return [...indices].map((validator) => simulatedKey('validator', validator))
}

/** In the order of `accountLayout`. */
export function planAccounts(plan: Plan): KeyPair[] {
  return simulatedAccounts(accountLayout(plan).total)
}

export function planWeights(plan: Plan): number[] {
  const weights: number[] = []
  for (const { validator, weight } of validatorsOf(plan.nodes)) weights[validator] = weight
  return weights
}
