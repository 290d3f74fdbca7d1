import { chownSync, cpSync, existsSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'

export interface ChainCopy {
  /** Data folders of the owner of the keys and of whoever has seized them. */
  readonly from: string
  readonly to: string
  /** The owner stands still meanwhile: what is copied is what a crash would leave. */
  freeze(): unknown
  thaw(): unknown
}

/**
 * Whoever seizes a key has followed the public chain; a copy that is cut off from farmers could not catch up. Nothing to do
 * where the owner follows none.
 */
export async function copyChain({ from, to, freeze, thaw }: ChainCopy): Promise<void> {
  const [source, target] = [from, to].map((folder) => join(folder, 'physical')) as [string, string]
  if (!existsSync(source)) return
  await freeze()
  try {
    // Of keys that are seized again: two databases in one folder would be none.
    rmSync(target, { recursive: true, force: true })
    cpSync(source, target, { recursive: true })
  } finally {
    await thaw()
  }
  giveLike(source, to)
}

/** Files that root has written for another user. */
function giveLike(like: string, folder: string): void {
  if (process.getuid?.() !== 0) return
  const { uid, gid } = statSync(like)
  const below = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name))
  for (const path of [folder, ...below]) chownSync(path, uid, gid)
}
