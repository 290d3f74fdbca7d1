import { type Plan, validatorsOf } from '@groundwork/scenario'
import type { TraceRecord } from '@groundwork/trace'
import { createLogUpdate } from 'log-update'
import { createColors } from 'picocolors'
import { type Observer, observer } from '../observer.ts'
import { renderFrame } from './frame.ts'
import type { Narrator } from './narrate.ts'
import { seconds, wrap } from './text.ts'

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
  readonly narrate: Narrator
}

const frameEveryMs = 250
const plainEveryMs = 5000

export function progress(init: ProgressInit): Progress {
  const seen = observer(init.plan)
  return init.stream.isTTY ? livePicture(init, seen) : plainLines(init, seen)
}

function livePicture({ plan, stream, narrate }: ProgressInit, seen: Observer): Progress {
  const update = createLogUpdate(stream)
  const colors = createColors(process.env.NO_COLOR === undefined)
  let drawnAtMs = 0
  const say = (line: string): void => {
    update.persist(wrap(line, stream.columns, '  '))
    drawnAtMs = 0
  }
  return {
    say,
    see: (record) => {
      seen.see(record)
      const line = narrate(record, seen)
      if (line !== null) say(line)
    },
    tick: () => {
      if (seen.network.ended || performance.now() - drawnAtMs < frameEveryMs) return
      drawnAtMs = performance.now()
      update(renderFrame(plan, seen, stream.columns ?? 80, colors))
    },
    close: () => {
      update.clear()
      update.done()
    },
  }
}

function plainLines({ plan, stream, narrate }: ProgressInit, seen: Observer): Progress {
  let saidAtMs = performance.now()
  const say = (line: string): void => void stream.write(`${line}\n`)
  return {
    say,
    see: (record) => {
      seen.see(record)
      const line = narrate(record, seen)
      if (line !== null) say(line)
    },
    tick: () => {
      if (seen.network.ended || performance.now() - saidAtMs < plainEveryMs) return
      saidAtMs = performance.now()
      if (seen.network.readyAtMs !== null) say(statusLine(plan, seen))
    },
    close: () => {},
  }
}

function isStaked(plan: Plan): boolean {
  return validatorsOf(plan.nodes).length > 0
}

function physicalText(
  { physicalHeight, physicalGrewAtMs, reorgDepthMax }: Observer['network'],
  ago: (atMs: number | null) => string,
): string {
  const reorg = reorgDepthMax > 1 ? `, deepest reorg ${reorgDepthMax}` : ''
  return `physical ${physicalHeight}, grew ${ago(physicalGrewAtMs)}${reorg}`
}

/** `6.4 s of 20.0 s: height 19, final 0.1 s ago; Ireland 19, Mumbai 18`: regions by their slowest node. */
function statusLine(plan: Plan, { network, nodes }: Observer): string {
  const ago = (atMs: number | null): string =>
    atMs === null ? 'never' : `${seconds(network.nowMs - atMs)} ago`
  const shown = [...nodes.values()].filter(({ plan: node }) => !isStaked(plan) || node.role !== 'farmer')
  const regions = [...Map.groupBy(shown, (node) => node.plan.labels.region)]
  const heights = regions.map(([region, own]) => `${region} ${Math.min(...own.map(({ height }) => height))}`)
  const at = `${seconds(network.nowMs - (network.readyAtMs ?? 0))} of ${seconds(plan.durationMs)}`
  const stake = isStaked(plan) ? [`height ${network.height}, final ${ago(network.finalizedAtMs)}`] : []
  const physical = plan.physical === undefined ? [] : [physicalText(network, ago)]
  return `${at}: ${[...stake, ...physical].join('; ')}; ${heights.join(', ')}`
}
