import { runNodeProgram } from '@groundwork/program'
import { loadConfig } from './config.ts'
import { prepareHome, readNetworkPlan } from './network-home.ts'
import { byzantineNames, startValidator } from './node.ts'

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
      start: startValidator,
    },
    args,
  )
}
