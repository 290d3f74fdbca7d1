import type { LedgerName, Plan } from '@groundwork/scenario'
import { type Command, InvalidArgumentError } from 'commander'
import { median } from '../median.ts'
import { planFile } from '../planning.ts'
import type { RunResult } from '../run.ts'
import { processRuntime } from '../runtime/process.ts'
import { loadScenarioFile } from './library.ts'
import { exitCodeOf, interruptible, oneRun } from './one-run.ts'
import { type Output, output } from './output.ts'
import { runsFolder, workingDirectory } from './places.ts'

interface CostOptions {
  readonly scenario: string
  readonly pairs: number
  readonly seconds?: number
  readonly seed: number
  readonly json?: boolean
  readonly out?: string
}

/** Two ways to run one scenario. The other is the stake chain alone. */
interface Comparison {
  readonly name: string
  readonly description: string
  /** null: the scenario's own. */
  readonly ledger: LedgerName | null
  readonly what: string
  /** What runs if none is named. */
  readonly scenario: string
}

const comparisons: readonly Comparison[] = [
  {
    name: 'physical-cost',
    description:
      'finality of the stake chain with the farmers of a scenario beside it and without, in interleaved pairs of runs',
    ledger: null,
    what: 'farmers',
    scenario: 'physical-baseline',
  },
  {
    name: 'hybrid-cost',
    description:
      'finality of the stake chain as one half of the hybrid and alone (--ledger stake), in interleaved pairs of runs',
    ledger: 'hybrid',
    what: 'the hybrid',
    scenario: 'hybrid-baseline',
  },
]

/** Finality of the stake chain without what is compared and with it; milliseconds. */
interface Pair {
  readonly without: number | null
  readonly with: number | null
  readonly ratio: number | null
}

/** What compares runs with each other. */
export function benchCommands(program: Command, exit: (code: number) => void): void {
  const bench = program.command('bench').description('measure what one part of a network costs another')
  for (const comparison of comparisons)
    bench
      .command(comparison.name)
      .description(comparison.description)
      .option('--scenario <scenario>', 'one with validators and farmers', comparison.scenario)
      .option('--pairs <number>', 'of runs', wholeFrom(1), 5)
      .option('--seconds <number>', 'of each run; default: as the scenario says', wholeFrom(5))
      .option('--seed <number>', 'of the first pair; later pairs have the next', wholeFrom(0), 1)
      .option('--json', 'print one JSON object')
      .option('--out <folder>', 'where runs are kept (default: ./runs)')
      .action(async (options: CostOptions) => exit(await costCommand(comparison, options)))
}

async function costCommand({ ledger, what }: Comparison, options: CostOptions): Promise<number> {
  const { pairs, seed, seconds } = options
  const file = loadScenarioFile(options.scenario, workingDirectory())
  const planned = (i: number, own: LedgerName | null): Plan => {
    const plan = planFile(file, processRuntime, seed + i, own === null ? {} : { ledger: own })
    return seconds === undefined ? plan : { ...plan, durationMs: seconds * 1000 }
  }
  const plans = Array.from({ length: pairs }, (_, i) => [planned(i, ledger), planned(i, 'stake')] as const)
  const out = output(options.json === true)
  const base = runsFolder(options.out)
  return interruptible(out, async (interruption) => {
    const results: RunResult[] = []
    const figures: Pair[] = []
    const once = async (plan: Plan): Promise<RunResult> => {
      const run = { plan, runtime: processRuntime, base, out: quiet(out), interruption }
      const result = await oneRun({ ...run, scenarioText: file.text, keep: false })
      results.push(result)
      return result
    }
    for (const [i, [plan, bare]] of plans.entries()) {
      if (interruption.signal.aborted) break
      // Whatever drifts on this machine should drift for both.
      const order = i % 2 === 0 ? [bare, plan] : [plan, bare]
      const both: RunResult[] = []
      for (const next of order) if (!interruption.signal.aborted) both.push(await once(next))
      const finalityOf = (wanted: Plan): number | null =>
        both.find(({ plan: ran }) => ran === wanted)?.metrics.finalityP50Ms ?? null
      const [without, beside] = [finalityOf(bare), finalityOf(plan)]
      const ratio = without === null || beside === null ? null : beside / without
      figures.push({ without, with: beside, ratio })
      out.say(`pair ${i + 1}: ${shown(without)} without ${what}, ${shown(beside)} with: ${percent(ratio)}`)
    }
    const ratios = figures.flatMap(({ ratio }) => ratio ?? [])
    const roles =
      results.findLast(({ metrics }) => metrics.physical !== undefined)?.metrics.physical?.roles ?? []
    out.say(`median of ${ratios.length} pairs: ${percent(median(ratios))}`)
    for (const { role, processes, cpuShare } of roles)
      out.say(`  ${processes} ${role}s: ${cpuShare === null ? '–' : cpuShare.toFixed(2)} cores together`)
    out.result({ version: 1, scenario: options.scenario, pairs: figures, ratio: median(ratios), roles })
    return exitCodeOf(results, interruption)
  })
}

/** Single runs say what they say on standard error; the figures are the pairs'. */
function quiet(out: Output): Output {
  return { ...out, say: out.note, result: () => {} }
}

function shown(ms: number | null): string {
  return ms === null ? 'no finality' : `${Math.round(ms)} ms`
}

/** `+4.2 %`. */
function percent(ratio: number | null): string {
  if (ratio === null) return 'unknown'
  const change = 100 * (ratio - 1)
  return `${change < 0 ? '−' : '+'}${Math.abs(change).toFixed(1)} %`
}

function wholeFrom(min: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : -1
    if (value >= min && value <= 0xffff_ffff) return value
    throw new InvalidArgumentError(`Expected a whole number from ${min}.`)
  }
}
