import { type RunningNode, runNodeProgram } from '@groundwork/program'
import { loadConfig } from './config.ts'
import { prepareHome, readNetworkPlan } from './network-home.ts'
import { byzantineNames, startValidator, type ValidatorInit } from './node.ts'

/** One validator from its command line to its end. */
export function runProgram(args: readonly string[]): Promise<void> {
  return runNodeProgram(
    {
      name: 'validator',
      description: 'Runs one BFT proof-of-stake validator.',
      byzantineNames,
      loadConfig,
      prepareHome: async (network, name, home) =>
        prepareHome(await readNetworkPlan(network, home), name, home).configFile,
      start,
    },
    args,
  )
}

/** What misbehaves is not even loaded by others. */
async function start(init: ValidatorInit): Promise<RunningNode> {
  if (!init.byzantine.includes('history')) return startValidator(init)
  const { startHistorian } = await import('./history.ts')
  return startHistorian(init)
}
