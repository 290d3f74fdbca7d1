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

/** What one run of a scenario file will do; `ledger` overrides the file's. Throws `SCENARIO_*` in one line, before anything is started. */
export function planFile(
  file: Pick<ScenarioFile, 'text' | 'shown'>,
  runtime: Pick<Runtime, 'name' | 'capabilities'>,
  seed: number,
  ledger?: LedgerName,
): Plan {
  const { name, capabilities } = runtime
  const scenario = parseScenario(file.text, file.shown)
  const options = { runtime: name, seed, capabilities, regions: regionDelays() }
  return planScenario(scenario, ledger === undefined ? options : { ...options, ledger })
}
