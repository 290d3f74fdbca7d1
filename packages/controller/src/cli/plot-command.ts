import { maxPlotK, minK } from '@groundwork/proof-of-space'
import { type Command, InvalidArgumentError } from 'commander'
import { benchPlots, type PlotBenchOptions } from './plot-bench.ts'
import { checkPlot, type PlotCheckOptions } from './plot-check.ts'
import { createPlotFile, type PlotCreateOptions } from './plot-create.ts'
import { verifyProofs } from './plot-verify.ts'

/** What works on plots and proofs of space, outside of any network. */
export function plotCommands(program: Command, exit: (code: number) => void): void {
  const plot = program
    .command('plot')
    .description("plots and proofs of space: Chia's first construction, at a laptop's size")
  plot
    .command('create')
    .description('plot a file: space that can be proven')
    .option('--k <number>', `size: 2^k x-values, ${minK} to ${maxPlotK}`, wholeNumber(minK, maxPlotK), 16)
    .option('--plot-id <hex>', 'its id, 32 bytes (default: drawn)')
    .option('--seed <text>', 'its id follows from this text')
    .option('--farmer-key <hex>', "its id follows from a farmer's public key, 32 bytes, and --index")
    .option('--index <number>', 'which plot of the farmer', wholeNumber(0, 0xffff_ffff), 0)
    .option('--out <file>', 'where it is kept (default: ./plot-k<k>-<id>.plot)')
    .option('--force', 'replace a file that is there')
    .option('--json', 'print one JSON object')
    .action(async (options: PlotCreateOptions) => createPlotFile(options))
  plot
    .command('check')
    .description('check a plot file: its checksum, then proofs for some challenges')
    .argument('<file>', 'a plot file')
    .option('--challenges <number>', 'sha256 of 0, 1, ... as four bytes', wholeNumber(0, 1_000_000), 100)
    .option('--json', 'print one JSON object')
    .action(async (file: string, options: PlotCheckOptions) => exit(await checkPlot(file, options)))
  plot
    .command('verify')
    .description('verify proofs of space, one a line: print the quality in hex, or invalid')
    .argument(
      '<file>',
      'lines plot_id,k,challenge,proof, hex but k; a header line, further columns are ignored',
    )
    .action(async (file: string) => verifyProofs(file))
  plot
    .command('bench')
    .description('measure plotting, look-ups and verification on this machine, some 15 s')
    .option('--runs <number>', 'plots of each size, and their median', wholeNumber(1, 1000), 5)
    .option('--json', 'print one JSON object')
    .action(async (options: PlotBenchOptions) => benchPlots(options))
}

function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
    if (value >= min && value <= max) return value
    throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`)
  }
}
