import { accessSync, constants, mkdirSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { usageError } from './exit.ts'

/** The person's working directory, whoever started us. */
export function workingDirectory(): string {
  return process.env.GROUNDWORK_CWD ?? process.cwd()
}

/** Where runs are kept; it exists and can be written. Throws `USAGE`. */
export function runsFolder(out: string | undefined): string {
  const folder = resolve(workingDirectory(), out ?? 'runs')
  try {
    mkdirSync(folder, { recursive: true })
    accessSync(folder, constants.W_OK)
    return folder
  } catch (error) {
    throw usageError(`--out ${out ?? 'runs'}: cannot write there (${(error as NodeJS.ErrnoException).code})`)
  }
}

/** Relative to the person's working directory where that is shorter. */
export function shownPath(path: string): string {
  const short = relative(workingDirectory(), path)
  return short.length < path.length ? short : path
}
