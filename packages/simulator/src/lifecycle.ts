import type { VirtualTime } from './virtual-time.ts'

/** One life of a process, from a start until it ends; whatever it does belongs to it. */
export interface Life {
  readonly over: boolean
  /** Runs `action` now, or when the process is continued if it is paused; never if it has ended by then. */
  whenRunning(action: () => void): void
  /** The same, after a time. */
  schedule(afterMs: number, action: () => void): void
}

/** What pause, continue and end mean, however much a process does: one for each process. */
export interface Lifecycle {
  readonly running: boolean
  readonly paused: boolean
  /** The process must not be running. */
  begin(): Life
  /** False if there was nothing to end. What was held is lost. */
  end(): boolean
  pause(): void
  resume(): void
}

/** `setPaused` tells the networks that the process is attached to. */
export function lifecycle(time: VirtualTime, setPaused: (paused: boolean) => void): Lifecycle {
  let current: Life | undefined
  let paused = false
  const held: (() => void)[] = []
  return {
    get running() {
      return current !== undefined
    },
    get paused() {
      return paused
    },
    begin() {
      const own: Life = {
        get over() {
          return current !== own
        },
        whenRunning(action) {
          if (current !== own) return
          if (paused) held.push(() => own.whenRunning(action))
          else action()
        },
        schedule: (afterMs, action) => time.schedule(afterMs, () => own.whenRunning(action)),
      }
      current = own
      return own
    },
    end() {
      if (current === undefined) return false
      current = undefined
      paused = false
      held.length = 0
      return true
    },
    pause() {
      if (current === undefined || paused) return
      paused = true
      setPaused(true)
    },
    resume() {
      if (!paused) return
      paused = false
      setPaused(false)
      for (const action of held.splice(0)) action()
    },
  }
}
