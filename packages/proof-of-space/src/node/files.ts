import { randomBytes } from 'node:crypto'
import { type FileHandle, open, readdir, rename, rm, statfs } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { CodedError } from '@groundwork/primitives'

/** A file that gets its name when it is complete and on the disk. */
export interface Draft {
  /** Writes all of it, waits for the disk and gives it its name. */
  publish(bytes: Uint8Array): Promise<void>
  /** Leaves nothing behind; after `publish` it does nothing. */
  discard(): Promise<void>
}

const suffix = '.partial'

/** Opens a temporary file beside `file`. Throws `PLOT_FILE`, and so do its methods, or `PLOT_DISK_FULL`. */
export async function draft(file: string): Promise<Draft> {
  const temporary = `${file}.${process.pid}-${randomBytes(4).toString('hex')}${suffix}`
  let handle: FileHandle | null = await open(temporary, 'wx').catch((error) => {
    throw fileError(file, error)
  })
  let isPublished = false
  const close = async (): Promise<void> => {
    const opened = handle
    handle = null
    await opened?.close()
  }
  return {
    async publish(bytes) {
      try {
        await handle?.writeFile(bytes)
        await handle?.sync()
        await close()
        await rename(temporary, file)
        isPublished = true
        await syncFolder(dirname(file))
      } catch (error) {
        throw fileError(file, error)
      }
    },
    async discard() {
      if (isPublished) return
      await close().catch(() => {})
      await rm(temporary, { force: true }).catch(() => {})
    },
  }
}

/** The name is on the disk too. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Removes the temporary files of processes that are gone, which were killed while they made this file. */
export async function removeAbandoned(file: string): Promise<void> {
  const prefix = `${basename(file)}.`
  const names = await readdir(dirname(file)).catch(() => [])
  for (const name of names) {
    if (!name.startsWith(prefix) || !name.endsWith(suffix)) continue
    const pid = /^(\d+)-[0-9a-f]{8}$/.exec(name.slice(prefix.length, -suffix.length))?.[1]
    if (pid !== undefined && !isAlive(Number(pid))) {
      await rm(join(dirname(file), name), { force: true }).catch(() => {})
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

/** Throws `PLOT_DISK_FULL` if there is less room than `bytes` where the file is to be. */
export async function requireRoom(file: string, bytes: number): Promise<void> {
  // Where the system does not tell, writing will.
  const room = await statfs(dirname(file)).catch(() => null)
  if (room === null || room.bavail * room.bsize >= bytes) return
  const free = megabytes(room.bavail * room.bsize)
  throw new CodedError('PLOT_DISK_FULL', `${file}: the plot needs ${megabytes(bytes)}, ${free} are free`)
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or folder',
  EACCES: 'no permission',
  EPERM: 'no permission',
  EISDIR: 'a folder',
  ENOTDIR: 'not in a folder',
  EROFS: 'a read-only file system',
  EIO: 'the disk reports an error',
}

/** One line for what the system said; whatever else went wrong is a programmer's error and thrown as it is. */
export function fileError(file: string, error: unknown): CodedError {
  const { code, syscall } = error as NodeJS.ErrnoException
  if (syscall === undefined) throw error
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG') {
    return new CodedError('PLOT_DISK_FULL', `${file}: the disk is full, nothing was kept`)
  }
  return new CodedError('PLOT_FILE', `${file}: ${reasons[`${code}`] ?? code ?? `${error}`}`)
}
