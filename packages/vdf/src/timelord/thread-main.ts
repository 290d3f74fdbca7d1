import { getPriority, setPriority } from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'
import { unreachable } from '@groundwork/primitives'
import { evaluate } from '../evaluate.ts'
import { choosePowers } from '../powers.ts'
import { prove } from '../prove.ts'
import { bigIntSquarer, chooseSquarer, type Squarer } from '../squarer.ts'
import { bigIntPowers, type Powers, verify } from '../verify/index.ts'
import type { Answer, Request, Response, Task, ThreadData } from './task.ts'

/** The program of a timelord's thread: does one task after the other. */
const { path, niceness } = workerData as ThreadData
let chosenSquarer: Squarer | undefined
let chosenPowers: Powers | undefined
// Linux counts niceness by thread, and 0 is the calling one.
if (process.platform === 'linux' && niceness > getPriority()) setPriority(niceness)

parentPort?.on('message', ({ id, task, cancelled }: Request) => {
  const answer = perform(task, () => Atomics.load(cancelled, 0) !== 0)
  const transfer = answer.kind === 'evaluated' ? [answer.checkpoints.buffer] : []
  parentPort?.postMessage({ id, answer } satisfies Response, transfer)
})

/** Only the thread that evaluates has need of one. */
function squarer(): Squarer {
  chosenSquarer ??= path === 'bigint' ? bigIntSquarer() : chooseSquarer()
  return chosenSquarer
}

/** Only the thread that proves has need of them. */
function powers(): Powers {
  chosenPowers ??= path === 'bigint' ? bigIntPowers : choosePowers()
  return chosenPowers
}

function perform(task: Task, isCancelled: () => boolean): Answer {
  switch (task.kind) {
    case 'path':
      return { kind: 'path', path: squarer().path }
    case 'evaluate': {
      const { x, iterations } = task
      const evaluation = evaluate({ x, iterations, squarer: squarer(), isCancelled })
      return evaluation === null ? { kind: 'cancelled' } : { kind: 'evaluated', ...evaluation }
    }
    case 'prove': {
      const proof = prove({ ...task, powers: powers(), isCancelled })
      if (proof === null) return { kind: 'cancelled' }
      // A millisecond, so that no wrong slot leaves this machine, whatever is wrong with it.
      return verify({ ...task, proof }, powers()) ? { kind: 'proved', proof } : { kind: 'fault' }
    }
    default:
      return unreachable(task)
  }
}
