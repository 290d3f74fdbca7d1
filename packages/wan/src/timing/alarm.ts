import { Worker } from 'node:worker_threads'

/**
 * An alarm clock of better resolution than setTimeout, whose whole milliseconds come 0.5 ms late on average: a second
 * thread sleeps on a futex until the time is there. Costs no CPU while it waits.
 */
export interface Alarm {
  /** Replaces the time that was set before; on `monotonicMs`'s clock. */
  set(timeMs: number): void
}

/** Shared with the thread: two words, then the time as a double. */
export interface AlarmMemory {
  readonly words: SharedArrayBuffer
  readonly time: SharedArrayBuffer
}

/** Counts the times that were set. */
export const setWord = 0
/** 1 when it has rung. */
export const rungWord = 1

/** Milliseconds on the clock that all threads share, with fractions; `performance.now()` begins anew in each. */
export function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime()
  return seconds * 1000 + nanoseconds / 1e6
}

/** `ring` may also be called too early, for a time that has been replaced. */
export function alarm(ring: () => void): Alarm {
  const memory: AlarmMemory = { words: new SharedArrayBuffer(8), time: new SharedArrayBuffer(8) }
  const words = new Int32Array(memory.words)
  const time = new Float64Array(memory.time)
  time[0] = Number.POSITIVE_INFINITY
  const worker = new Worker(new URL('./alarm-thread.ts', import.meta.url), { workerData: memory })
  worker.on('error', (error) => {
    throw error
  })
  worker.unref()

  const listen = async (): Promise<never> => {
    for (;;) {
      const rung = Atomics.waitAsync(words, rungWord, 0)
      if (rung.async) await rung.value
      Atomics.store(words, rungWord, 0)
      ring()
    }
  }
  void listen()

  return {
    set(timeMs) {
      time[0] = timeMs
      Atomics.add(words, setWord, 1)
      Atomics.notify(words, setWord)
    },
  }
}
