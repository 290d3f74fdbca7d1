import type { HybridEntry } from './hybrid-network.ts'
import { type PhysicalEntry, readPhysical } from './physical-network.ts'
import { jurisdictionOf, placeEvenly } from './place.ts'
import type { PlannedNode, PlannedParameters, PlannedPhysical, PlannedValidator } from './plan.ts'
import { fail, quote, type Source } from './problem.ts'
import { formatDuration } from './quantity.ts'
import { RESERVED } from './selector.ts'

/** The network of a scenario, every default filled in. */
export interface ScenarioNetwork {
  /** Validators in the order of their indices, each followed by its twin if it has one; then farmers. */
  readonly nodes: readonly PlannedNode[]
  /** null without farmers. */
  readonly physical: PlannedPhysical | null
  /** As written: what it means is known once the ledger is. */
  readonly hybrid: HybridEntry
  readonly parameters: PlannedParameters
}

/** As the schema reads it. */
export interface NetworkEntry {
  readonly validators?: number | readonly ValidatorEntry[] | undefined
  readonly regions?: Readonly<Record<string, number>> | undefined
  readonly parameters?: ParametersEntry | null | undefined
  readonly physical?: PhysicalEntry | null | undefined
  readonly hybrid?: HybridEntry | null | undefined
}

export interface ParametersEntry {
  readonly minViewTime?: number | undefined
  readonly timeoutBase?: number | undefined
  readonly timeoutMax?: number | undefined
  readonly standstill?: number | undefined
}

export interface ValidatorEntry {
  readonly name?: string | undefined
  readonly weight?: number | undefined
  readonly region?: string | undefined
  readonly cloud?: string | undefined
  readonly jurisdiction?: string | undefined
  readonly entity?: string | undefined
  readonly twin?: boolean | undefined
}

const DEFAULT_COUNT = 4

/** T_0 covers minViewTime, three delays of 160 ms (the longest in netem/regions.csv) and room for execution and jitter. */
const DEFAULT_PARAMETERS: PlannedParameters = {
  minViewTimeMs: 400,
  timeoutBaseMs: 1000,
  timeoutMaxMs: 10_000,
  standstillMs: 1000,
}

export function readNetwork(entry: NetworkEntry, source: Source): ScenarioNetwork {
  const listed = typeof entry.validators === 'object' ? entry.validators : null
  if (listed !== null && entry.regions !== undefined) {
    fail(
      'SCENARIO_INVALID',
      source,
      ['network', 'regions'],
      'goes with a number of validators; in a list, state the region of each',
    )
  }
  const placed = placements(entry, listed?.length ?? null, source)
  const nodes = placed.flatMap((region, validator) => {
    const said = listed?.[validator] ?? {}
    const at = said.region ?? region
    const node: PlannedValidator = {
      name: said.name ?? `v${validator + 1}`,
      role: 'validator',
      validator,
      weight: said.weight ?? 1,
      twinOf: null,
      labels: {
        region: at,
        cloud: said.cloud ?? 'A',
        jurisdiction: said.jurisdiction ?? jurisdictionOf(at),
        entity: said.entity ?? `operator-${validator + 1}`,
      },
    }
    return said.twin === true ? [node, { ...node, name: `${node.name}-twin`, twinOf: node.name }] : [node]
  })
  refuseNames(nodes, source)
  const parameters = readParameters(entry.parameters ?? null, source)
  const hybrid = entry.hybrid ?? {}
  if (!entry.physical) return { nodes, physical: null, hybrid, parameters }
  const { farmers, physical } = readPhysical(entry.physical, source)
  refuseFarmersNames(nodes, farmers, source)
  return { nodes: [...nodes, ...farmers], physical, hybrid, parameters }
}

/** The region of each validator. */
function placements(entry: NetworkEntry, listed: number | null, source: Source): readonly string[] {
  const regions = Object.entries(entry.regions ?? {})
  if (regions.length === 0) {
    // A physical chain may stand alone.
    const unsaid = entry.physical ? 0 : DEFAULT_COUNT
    return placeEvenly(listed ?? (typeof entry.validators === 'number' ? entry.validators : unsaid))
  }
  const placed = regions.flatMap(([region, count]) => Array.from({ length: count }, () => region))
  if (typeof entry.validators === 'number' && placed.length !== entry.validators) {
    fail(
      'SCENARIO_INVALID',
      source,
      ['network', 'regions'],
      `the counts add up to ${placed.length}, but validators is ${entry.validators}; make them equal or leave validators out`,
    )
  }
  return placed
}

function refuseNames(nodes: readonly PlannedValidator[], source: Source): void {
  const seen = new Set<string>()
  for (const node of nodes) {
    const path = ['network', 'validators', node.validator, 'name']
    const refuse = (text: string): never => fail('SCENARIO_INVALID', source, path, text)
    if (RESERVED.includes(node.name))
      refuse(`${quote(node.name)} is a word of selectors; choose another name`)
    if (seen.has(node.name)) refuse(`${quote(node.name)} is taken by another node; names must differ`)
    seen.add(node.name)
  }
}

function refuseFarmersNames(
  validators: readonly PlannedValidator[],
  farmers: readonly PlannedNode[],
  source: Source,
): void {
  const taken = validators.find(({ name }) => farmers.some((farmer) => farmer.name === name))
  if (taken === undefined) return
  fail(
    'SCENARIO_INVALID',
    source,
    ['network', 'validators', taken.validator, 'name'],
    `${quote(taken.name)} is the name of a farmer; farmers are f1 to f${farmers.length}`,
  )
}

function readParameters(entry: ParametersEntry | null, source: Source): PlannedParameters {
  const parameters: PlannedParameters = {
    minViewTimeMs: entry?.minViewTime ?? DEFAULT_PARAMETERS.minViewTimeMs,
    timeoutBaseMs: entry?.timeoutBase ?? DEFAULT_PARAMETERS.timeoutBaseMs,
    timeoutMaxMs: Math.max(
      entry?.timeoutMax ?? DEFAULT_PARAMETERS.timeoutMaxMs,
      entry?.timeoutMax === undefined ? (entry?.timeoutBase ?? 0) : 0,
    ),
    standstillMs: entry?.standstill ?? DEFAULT_PARAMETERS.standstillMs,
  }
  const { minViewTimeMs, timeoutBaseMs, timeoutMaxMs } = parameters
  const refuse = (key: string, text: string): never =>
    fail('SCENARIO_INVALID', source, ['network', 'parameters', key], text)
  if (timeoutBaseMs <= minViewTimeMs) {
    refuse(
      'timeoutBase',
      `${formatDuration(timeoutBaseMs)} leaves no time after minViewTime ${formatDuration(minViewTimeMs)}; it must be longer`,
    )
  }
  if (timeoutMaxMs < timeoutBaseMs) {
    refuse(
      'timeoutMax',
      `${formatDuration(timeoutMaxMs)} is shorter than timeoutBase ${formatDuration(timeoutBaseMs)}; it must be at least as long`,
    )
  }
  return parameters
}
