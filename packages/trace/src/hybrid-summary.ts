import { forcedDelays } from './checks/hybrid.ts'
import { eventsOf, type HybridRun } from './hybrid-run.ts'
import type { Run } from './run.ts'
import { originOf } from './series.ts'

/** What a report draws of a hybrid run, along the main chain. Times on the run's timeline. */
export interface HybridSummary {
  readonly modes: readonly {
    readonly mode: 'FAST' | 'RECORDED'
    readonly fromMs: number
    readonly toMs: number
    readonly fromHeight: number
  }[]
  /** When checkpoints were accepted, and up to which stake height. */
  readonly checkpoints: readonly (readonly [ms: number, tipHeight: number])[]
  readonly forced: readonly { readonly posted: number; readonly blocks: number | null }[]
  readonly windows: readonly {
    readonly window: number
    readonly height: number
    readonly presentShare: number
    readonly spaceShare: number
    readonly justified: boolean
    readonly leaked: number
  }[]
  readonly hazards: readonly {
    readonly ms: number
    readonly node: string
    readonly hazard: string
    readonly reason: string
    readonly lost: number
  }[]
}

export function summarizeHybrid(run: Run, hybrid: HybridRun): HybridSummary {
  const originMs = originOf(run)
  const { main } = hybrid
  const modes: { mode: 'FAST' | 'RECORDED'; fromMs: number; toMs: number; fromHeight: number }[] = []
  for (const { mode, firstMs, height } of main) {
    const last = modes.at(-1)
    const ms = firstMs - originMs
    if (last !== undefined) last.toMs = ms
    if (last?.mode !== mode) modes.push({ mode, fromMs: ms, toMs: ms, fromHeight: height })
  }
  const share = (part: number, whole: number) => (whole === 0 ? 0 : Math.round((1000 * part) / whole) / 1000)
  return {
    modes,
    checkpoints: eventsOf(main, 'checkpoint-accepted').map(({ at, event }) => [
      at.firstMs - originMs,
      event.tipHeight,
    ]),
    forced: forcedDelays(main).map(({ posted, blocks }) => ({ posted, blocks })),
    windows: eventsOf(main, 'window-closed').map(({ at, event }) => ({
      window: event.window,
      height: at.height,
      presentShare: share(event.present, event.weight),
      spaceShare: share(Number(event.space), Number(event.total)),
      justified: event.justified,
      leaked: event.leaked.reduce((sum, { amount }) => sum + amount, 0),
    })),
    hazards: hybrid.followed.flatMap(({ process }) =>
      process.records.of('hazard').map(({ monoMs, node, hazard, reason, lost }) => ({
        ms: monoMs - originMs,
        node,
        hazard,
        reason,
        lost: lost.length,
      })),
    ),
  }
}
