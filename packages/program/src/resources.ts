import { readFileSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'

export interface Resources {
  readonly rssMiB: number
  /** Shared pages counted by share, a few seconds old; null where the kernel does not tell. */
  readonly pssMiB: number | null
  /** Of one core, since the last sample. */
  readonly cpuShare: number
  /** The longest that the event loop was late since the last sample. */
  readonly loopLagMsMax: number
}

export interface ResourceSampler {
  sample(): Resources
  stop(): void
}

const resolutionMs = 10
/** The kernel walks all pages for it, a millisecond or more: asked for at every fifth sample only. */
const proportionalEvery = 5

export function createResourceSampler(): ResourceSampler {
  const delay = monitorEventLoopDelay({ resolution: resolutionMs })
  delay.enable()
  let cpu = process.cpuUsage()
  let sampledMs = performance.now()
  let samples = 0
  let pssMiB: number | null = null
  return {
    sample() {
      if (samples++ % proportionalEvery === 0) pssMiB = proportionalMiB()
      const used = process.cpuUsage(cpu)
      const nowMs = performance.now()
      const cpuShare = (used.user + used.system) / 1000 / Math.max(1, nowMs - sampledMs)
      cpu = process.cpuUsage()
      sampledMs = nowMs
      const loopLagMsMax = Math.max(0, delay.max / 1e6 - resolutionMs)
      delay.reset()
      return {
        rssMiB: round(process.memoryUsage.rss() / 2 ** 20),
        pssMiB,
        cpuShare: round(cpuShare),
        loopLagMsMax: round(loopLagMsMax),
      }
    },
    stop: () => delay.disable(),
  }
}

function proportionalMiB(): number | null {
  try {
    const pss = /^Pss:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/smaps_rollup', 'utf8'))
    return pss === null ? null : round(Number(pss[1]) / 1024)
  } catch {
    return null
  }
}

const round = (value: number): number => Math.round(value * 100) / 100
