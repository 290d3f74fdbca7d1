import type { Engine } from './engine.ts'

/** Of the image. */
const imageUser = 1000

/** As whom nodes run whose homes are folders of the machine. */
export interface NodeUser {
  /** `UID:GID` in the container; null for the image's own. */
  readonly user: string | null
  /** To whom the folders must be given beforehand, a user id of the machine; null: they are right. */
  readonly owner: number | null
}

/**
 * Pure. The files that nodes write should belong to whoever runs them: root lets the image's user write instead, anybody
 * else has nodes run as themselves. In a rootless engine the root of a container is that somebody, without any privilege.
 */
export function nodeUser(machine: {
  /** Of this process; null where there are none (Windows). */
  readonly uid: number | null
  readonly gid: number | null
  readonly rootless: boolean
}): NodeUser {
  const { uid, gid, rootless } = machine
  if (rootless) return { user: '0:0', owner: null }
  if (uid === null) return { user: null, owner: null }
  if (uid === 0) return { user: null, owner: imageUser }
  return { user: `${uid}:${gid ?? uid}`, owner: null }
}

/** Throws `DOCKER_*`, one line. */
export async function findNodeUser(engine: Engine): Promise<NodeUser> {
  const options = await engine.run(['info', '--format', '{{json .SecurityOptions}}'])
  return nodeUser({
    uid: process.getuid?.() ?? null,
    gid: process.getgid?.() ?? null,
    rootless: options.includes('name=rootless'),
  })
}
