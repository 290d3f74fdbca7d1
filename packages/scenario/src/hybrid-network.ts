import {
  checkHybridParameters,
  type HybridParameters,
  hybridProfiles,
  type Ratio,
} from '@groundwork/hybrid-core'
import { CodedError } from '@groundwork/primitives'
import type { ScenarioNetwork } from './network.ts'
import { farmersOf, type PhysicalProfile, type PlannedHybrid, validatorsOf } from './plan.ts'
import { fail, type Source } from './problem.ts'

/** `network.hybrid`, as the schema reads it. */
export interface HybridEntry {
  readonly profile?: PhysicalProfile | undefined
  readonly parameters?: HybridParametersEntry | null | undefined
}

export interface HybridParametersEntry {
  readonly maxAnchorAge?: number | undefined
  readonly stallDeadline?: number | undefined
  readonly stopMargin?: number | undefined
  readonly voteBlocks?: number | undefined
  readonly leak?: Ratio | undefined
  readonly theta?: Ratio | undefined
  readonly exitWindows?: number | undefined
  readonly unbonding?: number | undefined
  readonly evidenceMaxAge?: number | undefined
  readonly staleSlots?: number | undefined
  readonly epochHeights?: number | undefined
  readonly creditRate?: number | undefined
  readonly slashBadState?: boolean | undefined
}

/**
 * Profile and what differs from it; the profile is the physical chain's unless said otherwise. kappa is the physical
 * chain's, and the length of a window follows from it.
 */
export function planHybrid(
  network: Pick<ScenarioNetwork, 'nodes' | 'physical'>,
  entry: HybridEntry,
  source: Source,
): PlannedHybrid {
  const { nodes, physical } = network
  const lacking = (what: string, key: string): never =>
    fail('SCENARIO_CONFLICT', source, ['ledger'], `hybrid needs ${what}; add ${key}, or ledger: stake`)
  if (physical === null) return lacking('a physical chain', 'network.physical')
  if (validatorsOf(nodes).length === 0) return lacking('validators', 'network.validators')
  if (farmersOf(nodes).length === 0) return lacking('farmers', 'network.physical')
  const profile = entry.profile ?? physical.profile
  const said = entry.parameters ?? {}
  const base = hybridProfiles[profile]
  const voteBlocks = said.voteBlocks ?? base.voteBlocks
  const parameters: HybridParameters = {
    ...base,
    kappa: physical.kappa,
    maxAnchorAgeBlocks: said.maxAnchorAge ?? base.maxAnchorAgeBlocks,
    stallDeadlineBlocks: said.stallDeadline ?? base.stallDeadlineBlocks,
    stopMarginBlocks: said.stopMargin ?? base.stopMarginBlocks,
    voteBlocks,
    windowBlocks: physical.kappa + voteBlocks + 2,
    leak: said.leak ?? base.leak,
    theta: said.theta ?? base.theta,
    exitWindows: said.exitWindows ?? base.exitWindows,
    unbondingBlocks: said.unbonding ?? base.unbondingBlocks,
    evidenceMaxAgeBlocks: said.evidenceMaxAge ?? base.evidenceMaxAgeBlocks,
    staleSlots: said.staleSlots ?? base.staleSlots,
    epochHeights: said.epochHeights ?? base.epochHeights,
    creditRateBytes: said.creditRate ?? base.creditRateBytes,
    slashBadState: said.slashBadState ?? base.slashBadState,
  }
  try {
    checkHybridParameters(parameters)
  } catch (error) {
    if (!(error instanceof CodedError)) throw error
    return fail(
      'SCENARIO_INVALID',
      source,
      ['network', 'hybrid'],
      error.message.replace(/^hybrid parameters: /, ''),
    )
  }
  return { profile, parameters }
}
