import { workerData } from 'node:worker_threads'
import { type AlarmMemory, monotonicMs, rungWord, setWord } from './alarm.ts'

const memory = workerData as AlarmMemory
const words = new Int32Array(memory.words)
const time = new Float64Array(memory.time)

for (;;) {
  const set = Atomics.load(words, setWord)
  const waitMs = (time[0] as number) - monotonicMs()
  if (waitMs > 0) {
    Atomics.wait(words, setWord, set, waitMs)
  } else {
    Atomics.store(words, rungWord, 1)
    Atomics.notify(words, rungWord)
    Atomics.wait(words, setWord, set)
  }
}
