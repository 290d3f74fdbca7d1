import { CodedError } from '@groundwork/primitives'

/**
 * SYNTAX: not YAML. INVALID: not a scenario. TARGET: a selector or a region that means nothing here. CONFLICT: faults
 * that contradict each other or the run. UNSUPPORTED: more than the runtime can do.
 */
export type ProblemCode =
  | 'SCENARIO_SYNTAX'
  | 'SCENARIO_INVALID'
  | 'SCENARIO_TARGET'
  | 'SCENARIO_CONFLICT'
  | 'SCENARIO_UNSUPPORTED'

export type Path = readonly (string | number)[]

/** Where things stand in the file, kept with the scenario so that planning errors can name a line as well. */
export interface Source {
  readonly file: string
  /** Line and column, from 1, by `pathText`: of the key, or of the item of a list. */
  readonly positions: Readonly<Record<string, readonly [line: number, column: number]>>
}

export interface Problem {
  readonly path: Path
  /** What is wrong and what would be valid, one line, without the place. */
  readonly text: string
}

/** `timeline[0].fault`. */
export function pathText(path: Path): string {
  return path
    .map((part, i) => (typeof part === 'number' ? `[${part}]` : i === 0 ? part : `.${part}`))
    .join('')
}

/** Of the key, or of the nearest thing around it. */
function positionOf(source: Source, path: Path): readonly [number, number] | undefined {
  for (let end = path.length; end >= 0; end--) {
    const position = source.positions[pathText(path.slice(0, end))]
    if (position !== undefined) return position
  }
  return undefined
}

/** `file:line:column: key: what is wrong`. */
export function problemLine(source: Source, problem: Problem): string {
  const position = positionOf(source, problem.path)
  const place = position === undefined ? source.file : `${source.file}:${position[0]}:${position[1]}`
  const key = pathText(problem.path)
  return `${place}: ${key === '' ? '' : `${key}: `}${problem.text}`
}

/** One line for the first problem in the file; all lines, in its order, are in `details.problems`. */
export function scenarioError(code: ProblemCode, source: Source, problems: readonly Problem[]): CodedError {
  const start: readonly [number, number] = [0, 0]
  const placed = problems.map((problem) => ({ problem, at: positionOf(source, problem.path) ?? start }))
  placed.sort((a, b) => a.at[0] - b.at[0] || a.at[1] - b.at[1])
  const lines = placed.map(({ problem }) => problemLine(source, problem))
  const more = lines.length > 1 ? ` (and ${lines.length - 1} more)` : ''
  return new CodedError(code, `${lines[0] ?? source.file}${more}`, { file: source.file, problems: lines })
}

export function fail(code: ProblemCode, source: Source, path: Path, text: string): never {
  throw scenarioError(code, source, [{ path, text }])
}

/** A value as it is quoted in an error: one line, at most 60 characters. */
export function quote(value: unknown): string {
  const json = JSON.stringify(value) ?? String(value)
  return json.length > 60 ? `${json.slice(0, 57)}...` : json
}
