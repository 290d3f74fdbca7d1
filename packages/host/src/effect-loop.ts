import type { Done, Journal } from './ports.ts'

/** What a loop needs to know of the core that it drives. */
export interface EffectLoopInit<Input, Effect, Entry> {
  /** Applies one input to the core. No effects: nothing came of it. */
  readonly step: (input: Input) => readonly Effect[]
  /** What an effect asks to be durable; null for any other effect. */
  readonly entriesOf: (effect: Effect) => readonly Entry[] | null
  /** Whether an effect tells anybody anything: entries are durable before. */
  readonly isSaid: (effect: Effect) => boolean
  /** Any other effect than one with entries. A promise is waited for. */
  readonly perform: (effect: Effect) => Done
  readonly journal: Journal<Entry>
  /** Entries that may replace the journal. */
  readonly compacted: () => readonly Entry[]
  /** Of inputs that may be refused. */
  readonly maxQueued: number
  /** The journal, or something else that was performed, failed: the loop has stopped, because nothing may be said that is not durable. */
  readonly failed: (error: unknown) => void
  /** All effects of an input were performed. */
  readonly settled?: () => void
}

/** Apply one input, perform all its effects in order, then take the next. */
export interface EffectLoop<Input> {
  /** Never refused: what the node itself has to say. */
  push(input: Input): void
  /** False if too much is waiting. */
  offer(input: Input): boolean
  /** Nothing is performed after this, not even the rest of a step: a crash and an orderly stop look alike. */
  stop(): void
  readonly stopped: boolean
  /** Inputs waiting. */
  readonly queued: number
}

/** Journal entries after which the journal is rewritten with what is still needed. */
const compactAfterEntries = 4_000

export function createEffectLoop<Input, Effect, Entry>(
  init: EffectLoopInit<Input, Effect, Entry>,
): EffectLoop<Input> {
  const { journal } = init
  const queue: Input[] = []
  let next = 0
  let busy = false
  let stopped = false
  let entriesSinceCompaction = 0
  /** Of steps that said nothing: durable before the next message leaves. A crash before that undoes those steps whole. */
  let held: Entry[] = []

  const stop = () => {
    stopped = true
    queue.length = 0
    next = 0
  }

  const fail = (error: unknown) => {
    if (stopped) return
    stop()
    init.failed(error)
  }

  const makeDurable = (): Done => {
    const entries = held
    held = []
    return journal.append(entries)
  }

  const perform = (effect: Effect): Done => {
    const entries = init.entriesOf(effect)
    if (entries === null) return init.perform(effect)
    entriesSinceCompaction += entries.length
    held.push(...entries)
  }

  const performFrom = (effects: readonly Effect[], from: number): Done => {
    for (let i = from; i < effects.length && !stopped; i++) {
      const effect = effects[i] as Effect
      if (held.length > 0 && init.isSaid(effect)) {
        const durable = makeDurable()
        if (durable !== undefined) return durable.then(() => performFrom(effects, i))
        if (stopped) return
      }
      const done = perform(effect)
      if (done !== undefined) return done.then(() => performFrom(effects, i + 1))
    }
    if (!stopped) init.settled?.()
    if (stopped || entriesSinceCompaction < compactAfterEntries) return
    entriesSinceCompaction = 0
    held = []
    return journal.compact(init.compacted())
  }

  const pump = (): void => {
    if (busy) return
    busy = true
    try {
      while (next < queue.length) {
        const input = queue[next++] as Input
        if (next === queue.length) {
          queue.length = 0
          next = 0
        }
        const effects = init.step(input)
        const done = stopped ? undefined : performFrom(effects, 0)
        if (done !== undefined) {
          done.then(resume, fail)
          return
        }
      }
    } catch (error) {
      fail(error)
    }
    busy = false
  }

  const resume = () => {
    busy = false
    pump()
  }

  const push = (input: Input): void => {
    if (stopped) return
    queue.push(input)
    pump()
  }

  return {
    push,
    offer(input) {
      if (!stopped && queue.length - next >= init.maxQueued) return false
      push(input)
      return true
    },
    stop,
    get stopped() {
      return stopped
    },
    get queued() {
      return queue.length - next
    },
  }
}
