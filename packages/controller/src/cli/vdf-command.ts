import { type SpeedReport, speedReport } from '@groundwork/vdf'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { output } from './output.ts'

interface BenchOptions {
  readonly json?: boolean
  readonly path: 'auto' | 'bigint'
  readonly runs: number
}

/** What works on proofs of elapsed time, outside of any network. */
export function vdfCommands(program: Command): void {
  const vdf = program.command('vdf').description('proofs of elapsed time: Wesolowski over RSA-2048')
  vdf
    .command('bench')
    .description('measure evaluating, proving and verifying on one core of this machine, some 15 s')
    .addOption(
      new Option('--path <name>', 'auto takes OpenSSL if it passes the self-test')
        .choices(['auto', 'bigint'])
        .default('auto'),
    )
    .option('--runs <number>', 'the figures are medians of so many', wholeRuns, 5)
    .option('--json', 'print one JSON object')
    .action(benchCommand)
}

function benchCommand({ json, path, runs }: BenchOptions): void {
  const out = output(json === true)
  out.note(`measuring, median of ${runs} ...`)
  const report = speedReport({ path, runs })
  for (const line of lines(report)) out.say(line)
  out.result({ version: 1, ...report })
}

function lines(report: SpeedReport): string[] {
  const { path, squaringsPerSecond, node, openssl, rows } = report
  const speed = `${(squaringsPerSecond / 1e6).toFixed(2)} M squarings/s`
  const width = 12
  const cells = (...words: string[]) => words.map((word) => word.padStart(width)).join('')
  return [
    `${path === 'openssl' ? `OpenSSL ${openssl}` : 'BigInt'}: ${speed} (Node ${node})`,
    cells('iterations', 'evaluate', 'prove', 'verify', 'M/s'),
    ...rows.map((row) =>
      cells(
        `2^${Math.log2(row.iterations)}`,
        ...[row.evaluateMs, row.proveMs, row.verifyMs].map((ms) => `${ms.toFixed(1)} ms`),
        (row.squaringsPerSecond / 1e6).toFixed(2),
      ),
    ),
  ]
}

function wholeRuns(text: string): number {
  const runs = /^\d+$/.test(text) ? Number(text) : 0
  if (runs >= 1 && runs <= 1000) return runs
  throw new InvalidArgumentError('Expected a whole number from 1 to 1000.')
}
