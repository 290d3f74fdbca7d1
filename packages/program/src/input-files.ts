import { readFileSync } from 'node:fs'
import { CodedError } from '@groundwork/primitives'

/** The text of a file that a person named. Throws `<code>_FILE`, one line. */
export function readText(file: string, code: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const known = { ENOENT: 'no such file', EACCES: 'not readable', EISDIR: 'a folder, not a file' }
    const reason = known[(error as NodeJS.ErrnoException).code as keyof typeof known] ?? String(error)
    throw new CodedError(`${code}_FILE`, `${file}: ${reason}`)
  }
}

/** Throws `<code>_FILE` or `<code>_JSON`, one line. */
export function readJson(file: string, code: string): unknown {
  const text = readText(file, code)
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new CodedError(`${code}_JSON`, `${file}: not JSON: ${(error as Error).message.split('\n', 1)[0]}`)
  }
}
