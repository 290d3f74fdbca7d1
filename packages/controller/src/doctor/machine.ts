import { existsSync, readFileSync, statfsSync } from 'node:fs'
import { createServer } from 'node:net'
import { availableParallelism, platform, release, totalmem } from 'node:os'
import { dirname } from 'node:path'
import { type Platform, platformOf } from './platform.ts'
import { gibibytes, type Probe, probe } from './probe.ts'

export function thisPlatform(): Platform {
  return platformOf({
    os: platform(),
    release: release(),
    osRelease: readText('/etc/os-release'),
    systemd: existsSync('/run/systemd/system'),
  })
}

/** What every runtime needs. Nothing is started. */
export async function machineProbes(system: Platform, runs: string): Promise<Probe[]> {
  return [
    probe('machine', 'system', 'ok', `${system.name}, kernel ${system.release}${system.wsl ? ' (WSL)' : ''}`),
    nodeProbe(process.version),
    coresProbe(availableParallelism()),
    memoryProbe(process.availableMemory(), totalmem()),
    diskProbe(runs, freeBytes(runs)),
    loopbackProbe(await listenProblem(0)),
  ]
}

const nodeMajor = 24
const mebibyte = 2 ** 20
const gibibyte = 2 ** 30
/** Seven validators, relays and the controller take some 1.3 GiB. */
const enoughMemory = 2 * gibibyte
const leastMemory = 0.5 * gibibyte
/** A run leaves some 20 MiB, with --keep more. */
const enoughDisk = 2 * gibibyte
const leastDisk = 100 * mebibyte

export function nodeProbe(version: string): Probe {
  const major = Number(/^v(\d+)/.exec(version)?.[1] ?? 0)
  if (major >= nodeMajor) return probe('machine', 'node', 'ok', version)
  const detail = `${version}: version ${nodeMajor} or later is needed`
  return probe('machine', 'node', 'missing', detail, 'use the scripts of package.json, which bring their own')
}

export function coresProbe(cores: number): Probe {
  if (cores >= 2) return probe('machine', 'processors', 'ok', `${cores}`)
  const detail = '1: latencies of more than four validators will show the machine'
  return probe('machine', 'processors', 'warn', detail)
}

export function memoryProbe(available: number, total: number): Probe {
  const detail = `${gibibytes(available)} available of ${gibibytes(total)}`
  if (available >= enoughMemory) return probe('machine', 'memory', 'ok', detail)
  const status = available < leastMemory ? 'missing' : 'warn'
  return probe(
    'machine',
    'memory',
    status,
    `${detail}; seven validators need some 1.3 GiB`,
    'end other programs',
  )
}

/** `free`: null if it cannot be found out. */
export function diskProbe(folder: string, free: number | null): Probe {
  if (free === null) return probe('machine', 'disk', 'unknown', `free space for ${folder} is unknown`)
  const detail = `${gibibytes(free)} free for ${folder}`
  if (free >= enoughDisk) return probe('machine', 'disk', 'ok', detail)
  const status = free < leastDisk ? 'missing' : 'warn'
  return probe('machine', 'disk', status, detail, 'remove old runs, or name another folder with --out')
}

export function loopbackProbe(problem: string | null): Probe {
  if (problem === null) return probe('machine', 'loopback', 'ok', 'ports of 127.0.0.1 can be used')
  return probe('machine', 'loopback', 'missing', `no port of 127.0.0.1 can be used (${problem})`)
}

function freeBytes(folder: string): number | null {
  let existing = folder
  while (!existsSync(existing) && dirname(existing) !== existing) existing = dirname(existing)
  try {
    const { bavail, bsize } = statfsSync(existing)
    return bavail * bsize
  } catch {
    return null
  }
}

/** Why a TCP port of this machine cannot be listened on; null if it can. 0: any. */
export function listenProblem(port: number): Promise<string | null> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(null)))
  })
}

export function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}
