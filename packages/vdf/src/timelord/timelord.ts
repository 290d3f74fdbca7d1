import { assert, type Bytes, CodedError } from '@groundwork/primitives'
import { isElement } from '../verify/group.ts'
import type { ArithmeticPath } from '../verify/power.ts'
import { isContext, isIterations, maxContextBytes, maxIterations } from '../verify/statement.ts'
import type { Answer, ThreadData } from './task.ts'
import { type Thread, thread } from './thread.ts'

/** One evaluation under way. Either promise may be left alone: that it rejects crashes nobody. */
export interface TimelordJob {
  readonly y: Promise<Bytes>
  /** Settles after `y`; the next evaluation does not wait for it. */
  readonly proof: Promise<Bytes>
}

/** Evaluates in one thread and proves in another, so that slot s + 1 is computed while slot s is proved. */
export interface Timelord {
  /**
   * Evaluations are done in the order of the calls, and so are proofs. Throws `VDF_INPUT` if x, iterations or context are
   * out of bounds, `VDF_BUSY` above `pendingMax` jobs that are not proved, `VDF_STOPPED`. The promises reject with
   * `VDF_CANCELLED` (at once when the signal aborts; the thread follows within milliseconds), `VDF_STOPPED`, `VDF_THREAD`
   * (it died; the next call starts another) or `VDF_FAULT` (the proof does not verify: the machine computes wrongly).
   */
  evaluate(x: Bytes, iterations: number, context: Bytes, signal?: AbortSignal): TimelordJob
  /** Which arithmetic evaluations use, after the self-test. */
  path(): Promise<ArithmeticPath>
  /** Idempotent; resolves when both threads have ended. */
  stop(): Promise<void>
}

export interface TimelordInit extends Partial<ThreadData> {
  readonly pendingMax?: number
  /** The program of the threads, if it does not lie in this package: a bundle of `@groundwork/vdf/thread`. */
  readonly threadUrl?: URL
}

export function timelordWorker(init: TimelordInit = {}): Timelord {
  const { path = 'auto', niceness = 0, pendingMax = 64 } = init
  const url = init.threadUrl ?? new URL('./thread-main.ts', import.meta.url)
  const evaluator = thread(url, { path, niceness })
  const prover = thread(url, { path, niceness })
  let pending = 0
  let isStopped = false

  const admit = (x: Bytes, iterations: number, context: Bytes) => {
    if (isStopped) throw new CodedError('VDF_STOPPED', 'the timelord was stopped')
    const problem = complaint(x, iterations, context)
    if (problem !== null) throw new CodedError('VDF_INPUT', problem)
    if (pending >= pendingMax) {
      throw new CodedError('VDF_BUSY', `${pending} evaluations are not proved yet`, { pending })
    }
  }

  return {
    evaluate(x, iterations, context, signal) {
      admit(x, iterations, context)
      const y = settleable<Bytes>()
      const proof = settleable<Bytes>()
      const fail = (error: unknown) => {
        y.reject(error)
        proof.reject(error)
      }
      const cancelled = new Int32Array(new SharedArrayBuffer(4))
      const cancel = () => {
        Atomics.store(cancelled, 0, 1)
        fail(new CodedError('VDF_CANCELLED', 'the evaluation was cancelled'))
      }
      signal?.addEventListener('abort', cancel)
      if (signal?.aborted === true) cancel()
      pending++
      // Copies: the proof reads them later, and posting a view would copy all of the buffer behind it.
      const input = { x: new Uint8Array(x), iterations, context: new Uint8Array(context) }
      work({ ...input, evaluator, prover, cancelled, onOutput: y.resolve })
        .then(proof.resolve, fail)
        .finally(() => {
          pending--
          signal?.removeEventListener('abort', cancel)
        })
      return { y: y.promise, proof: proof.promise }
    },
    async path() {
      if (isStopped) throw new CodedError('VDF_STOPPED', 'the timelord was stopped')
      const answer = await evaluator.run({ kind: 'path' }, new Int32Array(1), [])
      assert(answer.kind === 'path', `unexpected answer: ${answer.kind}`)
      return answer.path
    },
    async stop() {
      isStopped = true
      await Promise.all([evaluator.stop(), prover.stop()])
    },
  }
}

interface Work {
  readonly evaluator: Thread
  readonly prover: Thread
  readonly x: Bytes
  readonly iterations: number
  readonly context: Bytes
  readonly cancelled: Int32Array
  readonly onOutput: (y: Bytes) => void
}

/** Resolves to the proof. */
async function work({
  evaluator,
  prover,
  x,
  iterations,
  context,
  cancelled,
  onOutput,
}: Work): Promise<Bytes> {
  const evaluated = await evaluator.run({ kind: 'evaluate', x, iterations }, cancelled, [])
  if (evaluated.kind !== 'evaluated') throw refusal(evaluated)
  const { y, checkpoints } = evaluated
  onOutput(y)
  const task = { kind: 'prove', x, y, iterations, context, checkpoints } as const
  const proved = await prover.run(task, cancelled, [checkpoints.buffer])
  if (proved.kind !== 'proved') throw refusal(proved)
  return proved.proof
}

function refusal({ kind }: Answer): CodedError {
  if (kind === 'cancelled') return new CodedError('VDF_CANCELLED', 'the evaluation was cancelled')
  assert(kind === 'fault', `unexpected answer: ${kind}`)
  return new CodedError('VDF_FAULT', 'the proof does not verify: this machine computed a wrong output')
}

function complaint(x: Bytes, iterations: number, context: Bytes): string | null {
  if (!isElement(x)) return 'x is not the canonical encoding of an element: 256 bytes in (1, N/2]'
  if (!isIterations(iterations)) return `iterations: expected 1 to ${maxIterations}, got ${iterations}`
  return isContext(context) ? null : `the context has more than ${maxContextBytes} bytes`
}

/** A promise that nobody needs to listen to. */
function settleable<T>(): PromiseWithResolvers<T> {
  const settle = Promise.withResolvers<T>()
  settle.promise.catch(() => {})
  return settle
}
