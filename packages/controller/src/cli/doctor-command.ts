import { resolve } from 'node:path'
import type { RuntimeName } from '@groundwork/scenario'
import { type Cleaning, clean } from '../doctor/clean.ts'
import { type Examination, examine } from '../doctor/examine.ts'
import type { Leftover } from '../doctor/leftovers.ts'
import type { Probe } from '../doctor/probe.ts'
import { exitCode } from './exit.ts'
import { output } from './output.ts'
import { shownPath, workingDirectory } from './places.ts'
import { wrap } from './text.ts'

export interface DoctorOptions {
  readonly clean?: boolean
  readonly force?: boolean
  readonly json?: boolean
  readonly for?: RuntimeName
  readonly out?: string
}

/** Says what this machine can run, what is missing and what mends it, and what earlier runs left. Resolves to the exit code. */
export async function doctorCommand(options: DoctorOptions): Promise<number> {
  const out = output(options.json === true)
  const base = resolve(workingDirectory(), options.out ?? 'runs')
  const found = await examine(base)
  const cleanings =
    options.clean === true ? await clean(found.leftovers, found.engine, options.force === true) : []
  const gone = new Set(cleanings.filter(({ problem }) => problem === null).map(({ name }) => name))
  const left = found.leftovers.filter(({ name }) => !gone.has(name))
  for (const line of lines(found, left, cleanings)) out.say(line)
  out.result(json(found, left, cleanings))
  const { ready } = found.runtimes[options.for ?? 'process']
  const failed = cleanings.some(({ problem }) => problem !== null)
  return (ready && !failed ? exitCode.pass : exitCode.invalid) as number
}

function json(
  { probes, runtimes }: Examination,
  left: readonly Leftover[],
  cleanings: readonly Cleaning[],
): object {
  return {
    version: 1,
    runtimes,
    probes,
    clean: left.every(({ inUse }) => inUse !== null),
    leftovers: left.map(({ kind, name, detail, inUse }) => ({ kind, name, detail, inUse })),
    cleaned: cleanings,
  }
}

const titles: Readonly<Record<Probe['group'], string>> = { machine: 'machine', containers: 'containers' }
const marks: Readonly<Record<Probe['status'], string>> = {
  ok: 'ok',
  warn: 'warning',
  missing: 'MISSING',
  unknown: 'unknown',
}

function lines(
  { probes, runtimes }: Examination,
  left: readonly Leftover[],
  cleanings: readonly Cleaning[],
): string[] {
  const width = Math.max(
    ...probes.map(({ name }) => name.length),
    ...Object.keys(runtimes).map((name) => name.length),
  )
  // What does not fit goes on below its own column.
  const indent = ' '.repeat(13 + width)
  const row = (mark: string, name: string, detail: string): string[] =>
    wrap(`  ${mark.padEnd(7)}  ${name.padEnd(width)}  ${detail}`, process.stdout.columns, indent).split('\n')
  const groups = [...Map.groupBy(probes, ({ group }) => group)].flatMap(([group, own]) => [
    titles[group],
    ...own.flatMap(({ name, status, detail, mend }) => [
      ...row(marks[status], name, detail),
      ...(mend === undefined || status === 'ok' ? [] : row('', '', `> ${mend}`)),
    ]),
  ])
  const ready = Object.entries(runtimes).flatMap(([name, { ready, detail }]) =>
    row(ready ? 'ready' : 'NO', name, detail),
  )
  return [...groups, 'runtimes', ...ready, ...leftoverLines(left, cleanings)]
}

function leftoverLines(left: readonly Leftover[], cleanings: readonly Cleaning[]): string[] {
  const lines = cleanings.map(
    ({ name, done, problem }) =>
      `  ${shownPath(name)}: ${problem === null ? done : `not removed: ${problem}`}`,
  )
  const failed = new Set(cleanings.map(({ name }) => name))
  const idle = left.filter(({ name, inUse }) => inUse === null && !failed.has(name))
  const used = left.filter(({ inUse }) => inUse !== null)
  const found = [
    ...idle.map(({ name, detail }) => `  ${shownPath(name)}: ${detail}`),
    ...used.map(({ name, detail, inUse }) => `  in use: ${name} (${detail}); ${inUse}`),
  ]
  const hint = idle.length === 0 ? [] : ['  > groundwork doctor --clean']
  if (lines.length + found.length === 0) return ['leftovers: none']
  return ['leftovers', ...lines, ...found, ...hint]
}
