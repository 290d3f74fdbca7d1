import type { Plan } from '@groundwork/scenario'
import type { TraceRecord } from '@groundwork/trace'
import { createLogUpdate } from 'log-update'
import { createColors } from 'picocolors'
import { type Observer, observer } from '../observer.ts'
import { renderFrame, seconds } from './frame.ts'
import type { Narrator } from './narrate.ts'

/** Shows a run while it happens, on standard error: a live picture on a terminal, plain lines elsewhere. */
export interface Progress {
  see(record: TraceRecord): void
  /** A line that stays. */
  say(line: string): void
  /** Draws anew if a frame is due; called often. */
  tick(): void
  close(): void
}

export interface ProgressInit {
  readonly plan: Plan
  readonly stream: NodeJS.WriteStream
  /** False: nothing but errors. */
  readonly live: boolean
  readonly narrate: Narrator
}

const frameEveryMs = 250
const plainEveryMs = 5000

export function progress(init: ProgressInit): Progress {
  const seen = observer(init.plan)
  return init.live && init.stream.isTTY ? livePicture(init, seen) : plainLines(init, seen)
}

function livePicture({ plan, stream, narrate }: ProgressInit, seen: Observer): Progress {
  const update = createLogUpdate(stream)
  const colors = createColors(process.env.NO_COLOR === undefined)
  let drawnAtMs = 0
  const say = (line: string): void => {
    update.persist(line)
    drawnAtMs = 0
  }
  return {
    see: (record) => {
      seen.see(record)
      const line = narrate(record, seen)
      if (line !== null) say(line)
    },
    say,
    tick: () => {
      if (performance.now() - drawnAtMs < frameEveryMs) return
      drawnAtMs = performance.now()
      update(renderFrame(plan, seen, stream.columns ?? 80, colors))
    },
    close: () => {
      update.clear()
      update.done()
    },
  }
}

function plainLines({ plan, stream, narrate, live }: ProgressInit, seen: Observer): Progress {
  let saidAtMs = performance.now()
  const say = (line: string): void => void stream.write(`${line}\n`)
  return {
    see: (record) => {
      seen.see(record)
      const line = narrate(record, seen)
      if (line !== null) say(line)
    },
    say,
    tick: () => {
      if (!live || performance.now() - saidAtMs < plainEveryMs) return
      saidAtMs = performance.now()
      const { network } = seen
      if (network.readyAtMs === null) return
      const lag = network.finalizedAtMs === null ? 'never' : seconds(network.nowMs - network.finalizedAtMs)
      const at = seconds(network.nowMs - network.readyAtMs)
      say(`${at} of ${seconds(plan.durationMs)}: height ${network.height}, last finalized ${lag} ago`)
    },
    close: () => {},
  }
}
