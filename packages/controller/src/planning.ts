import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type LedgerName, type Plan, parseScenario, planScenario } from '@groundwork/scenario'
import { parseRegionTable, type RegionDelays } from '@groundwork/wan'
import type { ScenarioFile } from './cli/library.ts'
import { repositoryRoot } from './machine.ts'
import type { Runtime } from './runtime/runtime.ts'

/** One-way delays between the regions that scenarios may name: `netem/regions.csv`. */
export function regionDelays(): RegionDelays {
  return parseRegionTable(readFileSync(join(repositoryRoot, 'netem', 'regions.csv'), 'utf8'))
}

export interface Variant {
  /** Overrides the scenario's. */
  readonly ledger?: LedgerName | undefined
  /** Of a sweep; default: the first. */
  readonly point?: number | undefined
}

/** What one run of a scenario file will do. Throws `SCENARIO_*` in one line, before anything is started. */
export function planFile(
  file: Pick<ScenarioFile, 'text' | 'shown'>,
  runtime: Pick<Runtime, 'name' | 'capabilities'>,
  seed: number,
  { ledger, point }: Variant = {},
): Plan {
  const { name, capabilities } = runtime
  const scenario = parseScenario(file.text, file.shown, point)
  const options = { runtime: name, seed, capabilities, regions: regionDelays() }
  return planScenario(scenario, ledger === undefined ? options : { ...options, ledger })
}

/** Every run of a sweep: by point, then ledger, then seed; all points see the same seeds. */
export function planSweep(
  file: Pick<ScenarioFile, 'text' | 'shown'>,
  runtime: Pick<Runtime, 'name' | 'capabilities'>,
  seed: number,
  { ledger, point, seeds }: Variant & { readonly seeds?: number | undefined },
): Plan[] {
  const { sweep } = parseScenario(file.text, file.shown)
  if (sweep === null) return []
  const ledgers = ledger === undefined ? sweep.ledgers : [ledger]
  return sweep.points.flatMap((_, i) =>
    point !== undefined && point !== i
      ? []
      : ledgers.flatMap((one) =>
          Array.from({ length: seeds ?? sweep.seeds[runtime.name] }, (__, k) =>
            planFile(file, runtime, seed + k, { ledger: one, point: i }),
          ),
        ),
  )
}
