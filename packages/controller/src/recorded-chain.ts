import { existsSync, readFileSync } from 'node:fs'
import { parseGenesis, parsePhysicalGenesis } from '@groundwork/genesis'
import { CodedError } from '@groundwork/primitives'
import { farmersOf, type Plan } from '@groundwork/scenario'
import { replayPlan } from '@groundwork/simulator'
import { nodesFolder } from './node-files.ts'
import type { RunFolder } from './run-folder.ts'

/** In the run folder of a hybrid run: its physical chain, for `replay`. */
export const recordedChainFile = 'physical-chain.txt'

export function writeRecordedChain(folder: RunFolder, lines: readonly string[]): void {
  if (lines.length > 0) folder.writeText(recordedChainFile, lines.map((line) => `${line}\n`).join(''))
}

/** Of both chains, for `replay`, where a run of processes has them. */
export function writeGeneses(
  folder: RunFolder,
  { genesis, physicalGenesis }: { readonly genesis: unknown; readonly physicalGenesis: unknown },
): void {
  folder.writeText('nodes/genesis.json', JSON.stringify(genesis))
  folder.writeText('nodes/physical-genesis.json', JSON.stringify(physicalGenesis))
}

/** Before the disks of farmers go: the longest chain that one of them holds. What is wrong with the others, one line each. */
export async function keepRecordedChain(folder: RunFolder, plan: Plan): Promise<string[]> {
  if (plan.hybrid === undefined) return []
  const physical = genesisFile(folder, 'physical-genesis.json')
  if (physical === null) return []
  const genesis = parsePhysicalGenesis(physical)
  // The database is opened for this alone: no other command should load it.
  const { readRecordedChain } = await import('@groundwork/farmer/recorded-chain')
  const problems: string[] = []
  let longest: readonly string[] = []
  for (const { name } of farmersOf(plan.nodes)) {
    try {
      const lines = await readRecordedChain(folder.file('nodes', name, 'data'), genesis)
      if (lines.length > longest.length) longest = lines
    } catch (error) {
      if (!(error instanceof CodedError)) throw error
      problems.push(`${name}: ${error.message}`)
    }
  }
  writeRecordedChain(folder, longest)
  return problems
}

/** Derives the recorded chain of a run again, from what its runtime began with. Rejects with one line. */
export async function replayRun(
  folder: RunFolder,
  plan: Plan,
  lines: Iterable<string>,
): Promise<ReturnType<typeof replayPlan>> {
  if (plan.runtime === 'simulated') return replayPlan(plan, lines)
  const [stake, physical] = ['genesis.json', 'physical-genesis.json'].map((name) => genesisFile(folder, name))
  if (stake == null || physical == null)
    throw new CodedError(
      'RECORDED_CHAIN',
      `${nodesFolder(folder)}: the genesis files of both chains are not there`,
    )
  const { replayChain } = await import('@groundwork/farmer/recorded-chain')
  return replayChain(parseGenesis(stake), parsePhysicalGenesis(physical), lines)
}

function genesisFile(folder: RunFolder, name: string): string | null {
  const path = folder.file('nodes', name)
  return existsSync(path) ? readFileSync(path, 'utf8') : null
}
