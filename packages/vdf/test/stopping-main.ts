import { readdirSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import { hashToGroup, maxIterations, slotContext, timelordWorker } from '../src/index.ts'

/**
 * A program that leaves a timelord in one of several ways and then ends by itself, or does not. Nobody listens to its
 * jobs. Prints how many threads it had before, meanwhile and after (null where there is no /proc).
 */
const way = process.argv[2]
const x = hashToGroup(new Uint8Array([1]))
const before = threads()
const timelord = timelordWorker()
const abort = new AbortController()
const first = timelord.evaluate(x, 5000, slotContext(0, 1))
await first.proof
const endless = way === 'idle' ? null : timelord.evaluate(x, maxIterations, slotContext(0, 2), abort.signal)
const meanwhile = threads()
if (way === 'cancel') abort.abort()
if (way === 'cancel-and-stop') abort.abort()
if (way === 'stop' || way === 'cancel-and-stop') await timelord.stop()
// The kernel forgets a thread a moment after it was joined.
while (way !== 'idle' && way !== 'cancel' && threads() !== before) await setImmediate()
const outcome = await endless?.y.catch((error: { code: string }) => error.code)
process.stdout.write(JSON.stringify({ before, meanwhile, after: threads(), outcome: outcome ?? null }))

function threads(): number | null {
  return process.platform === 'linux' ? readdirSync('/proc/self/task').length : null
}
