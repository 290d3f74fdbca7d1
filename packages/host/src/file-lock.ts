import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { CodedError } from '@groundwork/primitives'

export interface FileLock {
  release(): void
}

interface Owner {
  readonly pid: number
  /** Clock ticks since boot, from /proc; null where there is no /proc. Tells a process from a later one with its pid. */
  readonly startTicks: number | null
}

/**
 * An exclusive lock between processes of one machine. A lock whose owner is dead is taken over.
 * Throws `LOCKED` while another process (or this one) holds it.
 */
export function acquireLock(path: string): FileLock {
  const mine = JSON.stringify(owner(process.pid))
  const draft = `${path}.${process.pid}.new`
  writeFileSync(draft, mine)
  try {
    // A link appears with its content or not at all: nobody reads a half-written lock.
    while (!tryLink(draft, path)) removeIfStale(path)
  } finally {
    rmSync(draft, { force: true })
  }
  let held = true
  return {
    release() {
      if (held && read(path) === mine) rmSync(path, { force: true })
      held = false
    },
  }
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

function removeIfStale(path: string): void {
  const content = read(path)
  if (content === null) return
  const holder = parse(content)
  if (holder !== null && isAlive(holder)) {
    throw new CodedError('LOCKED', `in use by process ${holder.pid} (${path})`, { pid: holder.pid })
  }
  // Moved aside before it is removed, so that of two starters only one removes a given lock.
  const aside = `${path}.${process.pid}.stale`
  try {
    renameSync(path, aside)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  // Somebody replaced it in between: it is theirs.
  if (read(aside) !== content) tryLink(aside, path)
  rmSync(aside, { force: true })
}

function isAlive(holder: Owner): boolean {
  try {
    process.kill(holder.pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  const { startTicks } = owner(holder.pid)
  return startTicks === null || holder.startTicks === null || startTicks === holder.startTicks
}

function owner(pid: number): Owner {
  // The command in parentheses may hold spaces; field 22 is the twentieth behind it.
  const stat = read(`/proc/${pid}/stat`)
  const ticks = Number(stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19])
  return { pid, startTicks: Number.isInteger(ticks) ? ticks : null }
}

function parse(content: string): Owner | null {
  try {
    const holder: unknown = JSON.parse(content)
    if (typeof holder !== 'object' || holder === null) return null
    const { pid, startTicks } = holder as Partial<Owner>
    return typeof pid === 'number' && pid > 0 ? { pid, startTicks: startTicks ?? null } : null
  } catch {
    return null
  }
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}
