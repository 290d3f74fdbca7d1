import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CodedError } from '@groundwork/primitives'
import { firstSlotMs } from '../docker/first-slot.ts'
import { type NetworkFile, withFirstSlot } from '../docker/network-file.ts'
import { writeAtomically } from '../run-folder.ts'

const fileName = 'first-slot.json'

/**
 * The network file with what it leaves open: the start of the first slot, settled once and kept in the folder, so that a
 * network that starts again finds it there; and what follows from it. Throws `STATE`, one line.
 */
export function settle(file: NetworkFile, folder: string, nowMs: number): NetworkFile {
  if (file.plan.physical === undefined || file.physicalTimeMs !== undefined) return file
  const path = join(folder, fileName)
  const kept = readKept(path)
  if (kept !== null) return withFirstSlot(file, kept)
  const physicalTimeMs = firstSlotMs(file.plan, nowMs)
  try {
    writeAtomically(path, `${JSON.stringify({ version: 1, physicalTimeMs })}\n`)
  } catch (error) {
    throw new CodedError('STATE', `${path}: cannot be written (${(error as NodeJS.ErrnoException).code})`)
  }
  return withFirstSlot(file, physicalTimeMs)
}

/** Null if nothing was settled yet; a file that says something else is not overruled. */
function readKept(path: string): number | null {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return null
    throw new CodedError('STATE', `${path}: cannot be read (${code})`)
  }
  try {
    const { version, physicalTimeMs } = JSON.parse(text) as { version?: unknown; physicalTimeMs?: unknown }
    if (version === 1 && Number.isSafeInteger(physicalTimeMs)) return physicalTimeMs as number
  } catch {
    // Said below.
  }
  throw new CodedError(
    'STATE',
    `${path}: not what the controller wrote; docker compose down --volumes begins anew`,
  )
}
