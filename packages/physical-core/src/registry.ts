import { compare, equal, type Hex, toHex, unreachable } from '@groundwork/primitives'
import { type ChainState, type EpochChanges, type PlotRecord, registeredPlot } from './chain-state.ts'
import { registrationAttempts } from './challenge.ts'
import { blockHashOf, trunkHashOf } from './encoding.ts'
import { plotIdOf } from './genesis.ts'
import { challengerOf, committeeOf } from './location.ts'
import { lotteryEngines } from './lottery.ts'
import type { ChainRules } from './rules.ts'
import type { FarmerEquivocation, Item, LocationAttestation, RegisterPlot, RetirePlot } from './types.ts'

/**
 * Why an item may not follow `state` (a state in the epoch of the item's block), or null. Items of the stake chain have
 * no meaning here, so nothing about them is wrong. Labels: PC10 registration, PC11 location, PC13 equivocation.
 */
export function itemFault(rules: ChainRules, state: ChainState, item: Item): string | null {
  switch (item.kind) {
    case 'register-plot':
      return registrationFault(rules, state, item)
    case 'retire-plot':
      return retirementFault(state, item)
    case 'location':
      return attestationFault(rules, state, item)
    case 'farmer-equivocation':
      return equivocationFault(item) ?? banFault(state, item)
    case 'checkpoint':
    case 'checkpoint-bodies':
    case 'forced-transaction':
    case 'stake-evidence':
    case 'recorded-vote':
    case 'space-vote':
      return null
    default:
      return unreachable(item)
  }
}

/** The changes after an item without fault. */
export function applyItem(state: ChainState, item: Item): EpochChanges {
  const { changes } = state
  switch (item.kind) {
    case 'register-plot': {
      const record = recordOf(state, item)
      return { ...changes, registered: new Map(changes.registered).set(toHex(record.plotId), record) }
    }
    case 'retire-plot':
      return { ...changes, retired: new Set(changes.retired).add(toHex(item.plotId)) }
    case 'location': {
      const key = toHex(item.plotId)
      const list = [...(changes.attestations.get(key) ?? []), item]
      return { ...changes, attestations: new Map(changes.attestations).set(key, list) }
    }
    case 'farmer-equivocation':
      return { ...changes, banned: new Set(changes.banned).add(toHex(item.a.trunk.plotId)) }
    default:
      return changes
  }
}

/** PC10. A full epoch lies between a registration and the first slot that the plot may win, so no id fits a known seed. */
function recordOf(state: ChainState, item: RegisterPlot): PlotRecord {
  const { farmer, index, k, region } = item
  return {
    plotId: plotIdOf(farmer, index),
    farmer,
    k,
    region,
    from: state.epoch.number + 2,
    until: null,
    banned: false,
    provenIn: null,
  }
}

function registrationFault(rules: ChainRules, state: ChainState, item: RegisterPlot): string | null {
  const { parameters, genesis } = rules
  const { name, proofBytes } = lotteryEngines[parameters.engine]
  const isWork = name === 'work'
  if (isWork ? item.k !== 0 : item.k < parameters.kMin || item.k > parameters.kMax) return 'registration-size'
  if (item.region >= genesis.regions.length) return 'registration-region'
  if (item.attempt >= registrationAttempts) return 'registration-attempt'
  if (item.proof.length !== (isWork ? 0 : proofBytes(item.k))) return 'registration-proof'
  if (registeredPlot(state, toHex(plotIdOf(item.farmer, item.index))) !== undefined)
    return 'registration-duplicate'
  if (state.epoch.plots.size + state.changes.registered.size >= parameters.maxPlots)
    return 'registration-full'
  return null
}

function retirementFault(state: ChainState, item: RetirePlot): string | null {
  const key = toHex(item.plotId)
  const plot = registeredPlot(state, key)
  if (plot === undefined) return 'retirement-unknown'
  if (!equal(plot.farmer, item.farmer)) return 'retirement-farmer'
  if (plot.until !== null || state.changes.retired.has(key)) return 'retirement-duplicate'
  return null
}

function attestationFault(rules: ChainRules, state: ChainState, item: LocationAttestation): string | null {
  const key = toHex(item.plotId)
  const plot = registeredPlot(state, key)
  if (plot === undefined) return 'location-unknown'
  if (item.epoch !== state.epoch.number) return 'location-epoch'
  if (challengerOf(committeeOf(rules, state.epoch, plot), item) === undefined) return 'location-challenger'
  const isSaid = state.changes.attestations
    .get(key)
    ?.some(({ challenger }) => equal(challenger, item.challenger))
  return isSaid ? 'location-duplicate' : null
}

/** PC13, F1: what the bytes alone show. Signatures are checked before. */
export function equivocationFault({ a, b }: FarmerEquivocation): string | null {
  if (!equal(a.trunk.plotId, b.trunk.plotId) || a.trunk.slot !== b.trunk.slot) return 'evidence-unrelated'
  if (!equal(a.foliage.farmer, b.foliage.farmer)) return 'evidence-unrelated'
  for (const { trunk, foliage } of [a, b])
    if (!equal(trunkHashOf(trunk), foliage.trunkHash)) return 'evidence-trunk'
  return compare(blockHashOf(a.foliage), blockHashOf(b.foliage)) < 0 ? null : 'evidence-order'
}

function banFault(state: ChainState, { a }: FarmerEquivocation): string | null {
  const key: Hex = toHex(a.trunk.plotId)
  const plot = registeredPlot(state, key)
  if (plot === undefined) return 'evidence-unknown'
  if (!equal(plot.farmer, a.foliage.farmer)) return 'evidence-farmer'
  return plot.banned || state.changes.banned.has(key) ? 'evidence-duplicate' : null
}
