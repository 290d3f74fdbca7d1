import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { CodedError } from '@groundwork/primitives'
import { type FuzzResult, fuzz, type Profile, profiles } from './fuzz.ts'
import { createTally, report } from './fuzz-report.ts'

/** The command: runs many seeds of a profile on some threads and says what became of them. */

const usage = `usage: node packages/simulator/src/fuzz-main.ts [--profile ${profiles.join('|')}] [--seeds N] [--seed FIRST] [--jobs N] [--json]`

interface Job {
  readonly profile: Profile
  readonly seeds: readonly number[]
}

if (isMainThread) await main()
else work(workerData as Job)

function work({ profile, seeds }: Job): void {
  for (const seed of seeds) parentPort?.postMessage(fuzz(profile, seed, { audited: true }))
}

async function main(): Promise<void> {
  try {
    const { profile, seeds, jobs, json } = readArguments()
    const started = monotonicMs()
    const tally = createTally(profile)
    const shares = Array.from({ length: jobs }, (_, job) => seeds.filter((_seed, i) => i % jobs === job))
    await Promise.all(
      shares
        .filter((share) => share.length > 0)
        .map((share) =>
          runShare({ profile, seeds: share }, (result) => {
            tally.add(result)
            if (result.failures.length > 0 && !json) console.log(reproduction(result))
          }),
        ),
    )
    const summary = tally.summary(monotonicMs() - started)
    console.log(json ? JSON.stringify(summary) : report(summary))
    process.exitCode = summary.failed.length > 0 ? 1 : 0
  } catch (error) {
    if (!(error instanceof CodedError)) throw error
    console.error(`${error.message}\n${usage}`)
    process.exitCode = 64
  }
}

function runShare(job: Job, onResult: (result: FuzzResult) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: job })
    worker.on('message', onResult)
    worker.on('error', reject)
    worker.on('exit', () => resolve())
  })
}

function reproduction({ profile, seed, failures, shape }: FuzzResult): string {
  const command = `node packages/simulator/src/fuzz-main.ts --profile ${profile} --seed ${seed} --seeds 1`
  return `FAIL ${command}   # ${shape}; ${failures.join('; ')}`
}

function readArguments(): { profile: Profile; seeds: readonly number[]; jobs: number; json: boolean } {
  const { values } = parse()
  const profile = profiles.find((known) => known === (values.profile ?? 'mixed'))
  if (profile === undefined) {
    throw new CodedError(
      'USAGE',
      `--profile: expected one of ${profiles.join(', ')}, got "${values.profile}"`,
    )
  }
  const first = integer('seed', values.seed ?? '1')
  const count = integer('seeds', values.seeds ?? (values.seed === undefined ? '100' : '1'))
  const jobs = integer('jobs', values.jobs ?? `${Math.min(availableParallelism(), count)}`)
  return {
    profile,
    seeds: Array.from({ length: count }, (_, i) => first + i),
    jobs: Math.max(1, jobs),
    json: values.json ?? false,
  }
}

function parse() {
  try {
    const text = { type: 'string' } as const
    const options = { profile: text, seeds: text, seed: text, jobs: text, json: { type: 'boolean' } } as const
    return parseArgs({ options, strict: true })
  } catch (error) {
    throw new CodedError('USAGE', (error as Error).message)
  }
}

function integer(name: string, text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 0)
    throw new CodedError('USAGE', `--${name}: expected a whole number, got "${text}"`)
  return value
}

function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}
