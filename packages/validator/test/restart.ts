import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { validatorNodeFlags } from '../src/index.ts'

const child = fileURLToPath(new URL('./restart-node.ts', import.meta.url))

/** What `restart-node.ts` says. */
export interface Restarted {
  readonly from: number
  readonly height: number
  readonly root: string
  readonly loadMs: number
  readonly deriveMs: number
  readonly startMs: number
  readonly cpuMs: number
  readonly checked: number
  readonly hazards: readonly string[]
  readonly delivered: readonly number[]
  readonly rssMb: number
}

/** One life of a node in a process of its own, which ends by SIGKILL. */
export async function restart(dataDir: string, finals?: string): Promise<Restarted> {
  const args = [...validatorNodeFlags, child, dataDir, ...(finals === undefined ? [] : [finals])]
  const running = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const [said, [code, signal]] = await Promise.all([text(running.stdout), once(running, 'exit')])
  if (signal !== 'SIGKILL') throw new Error(`the node ended with ${code}, not by SIGKILL`)
  return JSON.parse(said)
}
