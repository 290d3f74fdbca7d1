import { getPriority, setPriority } from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'
import { nodeSignatures } from '@groundwork/host'
import { chainRules, decodeBlock, decodeSlotProof } from '@groundwork/physical-core'
import { choosePowers } from '@groundwork/vdf'
import { type BlockVerdict, createChecker } from './check.ts'
import type { CheckRequest, CheckResponse, CheckThreadData } from './check-task.ts'

/** The program of a thread that checks what a synchronisation brings. */
const { genesis, niceness } = workerData as CheckThreadData
const checker = createChecker(chainRules(genesis), nodeSignatures.verify, choosePowers())
const none = new Uint8Array(0)
if (process.platform === 'linux' && niceness > getPriority()) setPriority(niceness)

parentPort?.on('message', ({ id, what, records }: CheckRequest) => {
  const verdicts = records.map((record): BlockVerdict => {
    if (what === 'blocks') return checker.block(decodeBlock(record))
    return checker.slot(decodeSlotProof(record)) ? { quality: none } : { reason: 'vdf' }
  })
  parentPort?.postMessage({ id, verdicts } satisfies CheckResponse)
})
