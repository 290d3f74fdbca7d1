import { readFileSync } from 'node:fs'
import { standInSignatures } from '../../packages/primitives/src/index.ts'
import { type Plan, parseScenario, planScenario } from '../../packages/scenario/src/index.ts'
import { createSimulation, type SimulationResult } from '../../packages/simulator/src/index.ts'
import { type Analysis, analyze, type TraceRecord } from '../../packages/trace/src/index.ts'
import { capabilitiesOf, parseRegionTable } from '../../packages/wan/src/index.ts'

const root = new URL('../../', import.meta.url)
export const regions = parseRegionTable(readFileSync(new URL('netem/regions.csv', root), 'utf8'))

export function planOf(text: string, seed: number): Plan {
  const capabilities = capabilitiesOf('simulated')
  return planScenario(parseScenario(text, 'test.yaml'), { runtime: 'simulated', seed, capabilities, regions })
}

/** A scenario of the library, by name. */
export function libraryPlan(name: string, seed: number): Plan {
  return planOf(libraryText(name), seed)
}

export function libraryText(name: string): string {
  return readFileSync(new URL(`test/scenarios/${name}.yaml`, root), 'utf8')
}

/** Runs a plan to its end and judges it, as the simulated runtime does. */
export function judged(
  plan: Plan,
): Analysis & SimulationResult & { readonly records: readonly TraceRecord[] } {
  const records: TraceRecord[] = []
  const simulation = createSimulation(plan, (record) => void records.push(record))
  while (!simulation.done) simulation.advance(simulation.nowMs + 1000)
  return { ...analyze(plan, records, { verify: standInSignatures.verify }), ...simulation.result(), records }
}

type LibraryRun = Pick<
  ReturnType<typeof judged>,
  'auditHash' | 'problems' | 'verdict' | 'reasons' | 'signatures' | 'metrics'
>
const libraryRuns = new Map<string, LibraryRun>()

/** What became of a scenario of the library; several tests of a file may ask for one run. */
export function libraryRun(name: string, seed: number): LibraryRun {
  const key = `${name} ${seed}`
  const known = libraryRuns.get(key)
  if (known !== undefined) return known
  const { auditHash, problems, verdict, reasons, signatures, metrics } = judged(libraryPlan(name, seed))
  const run = { auditHash, problems, verdict, reasons, signatures, metrics }
  libraryRuns.set(key, run)
  return run
}

/** What a simulated run with farmers says of itself. */
export const physicalStandIns: readonly string[] = [
  'delay proofs: a keyed hash stands in for the VDF',
  'plots: tickets are drawn from the distribution of real plots',
  'signatures: a keyed hash',
]
