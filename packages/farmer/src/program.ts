import { runNodeProgram } from '@groundwork/program'
import { farmerByzantineNames, loadFarmerConfig } from './config.ts'
import { prepareFarmerHome } from './network-home.ts'
import { startFarmer } from './node.ts'

/** One farmer from its command line to its end. */
export function runProgram(args: readonly string[]): Promise<void> {
  return runNodeProgram(
    {
      name: 'farmer',
      description: 'Runs one node of the physical chain.',
      byzantineNames: farmerByzantineNames,
      loadConfig: loadFarmerConfig,
      prepareHome: async (network, name, home) => (await prepareFarmerHome(network, name, home)).configFile,
      start: startFarmer,
    },
    args,
  )
}
