import { randomInt } from 'node:crypto'
import { join } from 'node:path'
import type { Plan } from '@groundwork/scenario'
import type { ObservedNetwork } from '../observer.ts'
import { planFile } from '../planning.ts'
import { runtimes } from '../runtime/choose.ts'
import { loadScenarioFile } from './library.ts'
import type { Narrator } from './narrate.ts'
import { exitCodeOf, interruptible, oneRun } from './one-run.ts'
import { output } from './output.ts'
import { runsFolder, shownPath, workingDirectory } from './places.ts'
import { seconds } from './text.ts'

const scenario = 'region-partition'

/** The region partition over real processes, told as a story. Resolves to the exit code. */
export async function demoCommand(options: { readonly out?: string }): Promise<number> {
  const file = loadScenarioFile(scenario, workingDirectory())
  const runtime = runtimes.process
  const plan = planFile(file, runtime, randomInt(2 ** 31))
  const out = output(false)
  const base = runsFolder(options.out)
  return interruptible(out, async (interruption) => {
    const run = { plan, runtime, base, out, interruption, scenarioText: file.text, keep: false }
    const result = await oneRun(run, storyteller(), preface(plan))
    out.say('')
    out.say(
      `Open ${join(shownPath(result.folder), 'report.html')} in a browser: the outage is shaded over the finality of every region.`,
    )
    if (result.verdict === 'invalid' && interruption.cause() === null) {
      out.say(
        'Invalid means that this machine, not the protocol, decided the outcome: try again when it is less busy.',
      )
    }
    out.say('More scenarios: npm run --silent groundwork -- list')
    return exitCodeOf([result], interruption)
  })
}

function preface({ nodes }: Plan): string[] {
  const regions = [...Map.groupBy(nodes, ({ labels }) => labels.region)]
  return [
    '',
    'Seven validators agree on one chain of blocks. A block is final once validators with more than two thirds of the stake have voted for it, twice. Here they are seven processes, as far apart as these regions:',
    ...regions.map(([region, own]) => `  ${region.padEnd(12)} ${own.map(({ name }) => name).join(' ')}`),
    'Soon the region with three of the seven loses its links to the others. Then neither side has two thirds.',
    '',
  ]
}

/** What a first-time reader sees and what it means. */
function storyteller(): Narrator {
  let healedAtMs: number | null = null
  let cutAtMs = 0
  return (record, seen) => {
    switch (record.kind) {
      case 'network-ready':
        return '> All seven are connected and have finalized a first block. Clients now send transfers; watch the heights climb.'
      case 'fault-began':
        cutAtMs = record.monoMs
        return `> The cut: ${record.detail}. Four of seven is less than two thirds, so nothing can be final any more, on either side. Better to stop than to fork.`
      case 'fault-healed':
        healedAtMs = record.monoMs
        return `> The links are back. ${sinceTheCut(seen.network, cutAtMs)}`
      case 'finalized': {
        if (healedAtMs === null || record.monoMs !== seen.network.finalizedAtMs) return null
        const afterMs = record.monoMs - healedAtMs
        healedAtMs = null
        return `> Block ${record.height} is final, ${seconds(afterMs)} after the heal. The others catch up; the transfers that waited go through.`
      }
      default:
        return null
    }
  }
}

/** Votes that were under way when the links went may complete one block more on one side. */
function sinceTheCut({ height, finalizedAtMs }: ObservedNetwork, cutAtMs: number): string {
  const afterMs = (finalizedAtMs ?? 0) - cutAtMs
  const when = afterMs > 0 ? `${seconds(afterMs)} after the cut` : 'before the cut'
  return `The last block, ${height}, had become final ${when}: nobody went on alone.`
}
