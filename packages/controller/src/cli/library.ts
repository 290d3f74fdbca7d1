import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, extname, isAbsolute, join, resolve } from 'node:path'
import { repositoryRoot } from '../machine.ts'
import { usageError } from './exit.ts'

/** A scenario file that was found and read. */
export interface ScenarioFile {
  readonly path: string
  /** As messages call it: as the person wrote it, or its place in the library. */
  readonly shown: string
  readonly text: string
}

export const libraryFolder: string = join(repositoryRoot, 'test', 'scenarios')

const extensions = ['.yaml', '.yml']

/** The names of the library, sorted. */
export function libraryNames(): string[] {
  if (!existsSync(libraryFolder)) return []
  const files = readdirSync(libraryFolder).filter((file) => extensions.includes(extname(file)))
  return files.map((file) => basename(file, extname(file))).sort()
}

/** A name of the library, or a path (from the person's working directory). Throws `USAGE`. */
export function loadScenarioFile(wanted: string, cwd: string): ScenarioFile {
  const looksLikePath = wanted.includes('/') || wanted.includes('\\') || extensions.includes(extname(wanted))
  if (looksLikePath) return readScenario(isAbsolute(wanted) ? wanted : resolve(cwd, wanted), wanted)
  const found = extensions
    .map((extension) => join(libraryFolder, `${wanted}${extension}`))
    .find((file) => existsSync(file))
  if (found === undefined) {
    throw usageError(
      `no scenario "${wanted}" in the library, which has ${libraryNames().join(', ')}; a file is named by its path`,
    )
  }
  return readScenario(found, join('test', 'scenarios', basename(found)))
}

function readScenario(path: string, shown: string): ScenarioFile {
  try {
    if (statSync(path).isDirectory()) throw usageError(`${shown}: a folder, expected a scenario file`)
    return { path, shown, text: readFileSync(path, 'utf8') }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'USAGE') throw error
    const why = code === 'ENOENT' ? 'no such file' : `cannot be read (${code})`
    throw usageError(`${shown}: ${why}`)
  }
}
