import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { CodedError } from '@groundwork/primitives'

/** `runs/<scenario>/<time>/`. Every file is written beside its name and renamed: a reader never sees half of one. */
export interface RunFolder {
  readonly path: string
  /** A path inside. */
  file(...name: readonly string[]): string
  writeJson(name: string, value: unknown): void
  writeText(name: string, text: string | Iterable<string>): void
  /** Throws `RUN_FILE` in one line if the file is missing, broken or of another version. */
  readJson(name: string, version: number): unknown
}

export function openRunFolder(path: string): RunFolder {
  const file = (...name: readonly string[]): string => join(path, ...name)
  const folder: RunFolder = {
    path,
    file,
    writeJson: (name, value) => writeAtomically(file(name), `${JSON.stringify(value, null, 2)}\n`),
    writeText: (name, text) => writeAtomically(file(name), text),
    readJson: (name, version) => readVersioned(file(name), version),
  }
  return folder
}

/** Creates `<base>/<scenario>/<time>` and points `<base>/<scenario>/latest` and `<base>/latest` at it. */
export function createRunFolder(base: string, scenario: string, now: Date): RunFolder {
  const parent = join(base, scenario)
  mkdirSync(parent, { recursive: true })
  const stamp = now.toISOString().replace(/[:.]/g, '-').replace('T', '_').replace('Z', '')
  let path = join(parent, stamp)
  for (let i = 2; !tryMkdir(path); i++) path = join(parent, `${stamp}_${i}`)
  pointLatest(join(parent, 'latest'), path)
  pointLatest(join(base, 'latest'), path)
  return openRunFolder(path)
}

function tryMkdir(path: string): boolean {
  try {
    mkdirSync(path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

function pointLatest(link: string, path: string): void {
  const relative = resolve(path).slice(resolve(dirname(link)).length + 1)
  const fresh = `${link}.${process.pid}`
  try {
    symlinkSync(relative, fresh)
    renameSync(fresh, link)
  } catch {
    // A file system without symlinks, or a folder in the way: the run itself is unharmed.
  }
}

/** Text goes out in pieces, so that a long event log never stands in memory as one string. */
export function writeAtomically(path: string, text: string | Iterable<string>): void {
  const fresh = `${path}.${process.pid}.part`
  const descriptor = openSync(fresh, 'w')
  try {
    for (const piece of typeof text === 'string' ? [text] : text) writeFileSync(descriptor, piece)
    closeSync(descriptor)
    renameSync(fresh, path)
  } catch (error) {
    rmSync(fresh, { force: true })
    throw error
  }
}

function readVersioned(path: string, version: number): unknown {
  if (!existsSync(path)) throw new CodedError('RUN_FILE', `${path}: no such file`)
  let value: unknown
  try {
    value = JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    throw new CodedError('RUN_FILE', `${path}: not JSON`)
  }
  const found = (value as { version?: unknown } | null)?.version
  if (found !== version) {
    throw new CodedError(
      'RUN_FILE',
      `${path}: version ${JSON.stringify(found)}, this program reads ${version}`,
    )
  }
  return value
}
