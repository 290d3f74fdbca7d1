import { prng } from '@groundwork/primitives'
import { parseDocument } from 'yaml'
import { VERBS } from './faults/index.ts'
import { readFault } from './parse.ts'
import type { FaultAction, PlannedNode } from './plan.ts'
import { type PlanOptions, refuseUnable } from './plan-scenario.ts'
import { fail, type Source, scenarioError } from './problem.ts'
import { valid } from './suggest.ts'

/** A fault as words, such as a command line has them: `partition`, with `groups` `region=Mumbai,rest` and `for` `30s`. */
export interface FaultWords {
  readonly verb: string
  /** By key of the scenario file. A comma or a plus separates the terms of a selector; between groups stands a comma. */
  readonly arguments: Readonly<Record<string, string>>
}

export interface FaultField extends Pick<PlanOptions, 'runtime' | 'capabilities' | 'seed'> {
  readonly nodes: readonly PlannedNode[]
}

/** A fault that begins at once. */
export interface ImmediateFault {
  /** `leader` is still open. Most faults are one action. */
  readonly actions: readonly FaultAction[]
  /** null: until it is healed. */
  readonly forMs: number | null
}

const source: Source = { file: 'fault', positions: {} }
const selectors: readonly string[] = ['target', 'from', 'to']
/** When to begin is what a timeline says. */
const timelineKeys: readonly string[] = ['at', 'fault', 'every', 'times']

/** The keys that a verb understands on a network that runs. */
export function faultKeys(verb: FaultAction['verb']): readonly string[] {
  return VERBS[verb].keys.filter((key) => !timelineKeys.includes(key))
}

/**
 * Reads a fault for a network that runs: same vocabulary, selectors and errors as the timeline of a scenario file.
 * Throws a CodedError (SCENARIO_INVALID, _TARGET, _UNSUPPORTED) of one line.
 */
export function planFault({ verb, arguments: words }: FaultWords, field: FaultField): ImmediateFault {
  const entry: Record<string, unknown> = { at: '0s', fault: verb }
  for (const [key, text] of Object.entries(words)) {
    if (timelineKeys.includes(key) && Object.hasOwn(VERBS, verb)) {
      const known = faultKeys(verb as FaultAction['verb'])
      fail('SCENARIO_INVALID', source, [key], `goes with a timeline, this begins at once${valid(key, known)}`)
    }
    entry[key] = readValue(key, text)
  }
  const read = readFault(entry, [])
  if ('problems' in read) throw scenarioError('SCENARIO_INVALID', source, read.problems)
  const { value } = read
  const random = prng(field.seed).split('fault')
  const actions = VERBS[value.fault].resolve(value, { nodes: field.nodes, prng: random, source }, [])
  for (const action of actions) refuseUnable(source, action, [], field)
  return { actions, forMs: value.for ?? null }
}

function readValue(key: string, text: string): unknown {
  if (selectors.includes(key)) return text.split(/[,+]/)
  if (key === 'groups') return text.split(',').map((group) => group.split('+'))
  const document = parseDocument(text)
  const value: unknown = document.errors.length > 0 ? text : document.toJS()
  return typeof value === 'number' || typeof value === 'boolean' ? value : text
}
