import { chownSync, cpSync, existsSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'

export interface StoresCopy {
  /** Data folders of the owner of the keys and of whoever has seized them. */
  readonly from: string
  readonly to: string
  /** Folders in there; one that the owner does not have is passed over. */
  readonly stores: readonly string[]
  /** The owner stands still meanwhile: what is copied is what a crash would leave. */
  freeze(): unknown
  thaw(): unknown
}

/** Whoever seizes keys has followed the public chains; a process that is cut off from others could not catch up. */
export async function copyStores({ from, to, stores, freeze, thaw }: StoresCopy): Promise<void> {
  const copied = stores.filter((store) => existsSync(join(from, store)))
  if (copied.length === 0) return
  await freeze()
  try {
    for (const store of copied) {
      // Of keys that are seized again: two databases in one folder would be none.
      rmSync(join(to, store), { recursive: true, force: true })
      cpSync(join(from, store), join(to, store), { recursive: true })
    }
  } finally {
    await thaw()
  }
  giveLike(join(from, copied[0] as string), to)
}

/** Files that root has written for another user. */
function giveLike(like: string, folder: string): void {
  if (process.getuid?.() !== 0) return
  const { uid, gid } = statSync(like)
  const below = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name))
  for (const path of [folder, ...below]) chownSync(path, uid, gid)
}
