import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'

const tun = '/dev/net/tun'

/** What keeps packets from going through a program here, in one line; null if nothing is known. */
export async function packetsProblem(): Promise<string | null> {
  try {
    await access(tun, constants.R_OK | constants.W_OK)
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    return missing ? `there is no ${tun} (give the container this device)` : `${tun} may not be opened`
  }
  if (!(await isInstalled('socat'))) return 'socat is not installed (package socat)'
  return null
}

async function isInstalled(program: string): Promise<boolean> {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    try {
      await access(join(folder, program), constants.X_OK)
      return true
    } catch {}
  }
  return false
}
