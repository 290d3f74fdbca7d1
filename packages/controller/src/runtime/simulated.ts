import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Plan } from '@groundwork/scenario'
import { createSimulation } from '@groundwork/simulator'
import { capabilitiesOf } from '@groundwork/wan'
import { writeRecordedChain } from '../recorded-chain.ts'
import type { RunContext, RunEnd, Runtime } from './runtime.ts'

/** Virtual time that passes between two looks at the real clock. */
const stepMs = 20
/** Real time between two chances for Ctrl-C and the progress display. */
const turnMs = 40

/** Every node in this process, virtual time, one seed: the same plan gives the same events. */
export const simulatedRuntime: Runtime = {
  name: 'simulated',
  capabilities: capabilitiesOf('simulated'),
  clock: 'virtual',
  real: 'the protocol: state machine, encodings, journals, ledger',
  emulated:
    'time, links, disks and crashes; signatures are a keyed hash (a stand-in), plots and delay proofs are drawn and hashed (stand-ins), no socket is opened',
  execute,
}

async function execute(plan: Plan, { record, signal, folder }: RunContext): Promise<RunEnd> {
  const simulation = createSimulation(plan, record)
  while (!simulation.done && !signal.aborted) {
    const turnEndsMs = performance.now() + turnMs
    while (!simulation.done && performance.now() < turnEndsMs) simulation.advance(simulation.nowMs + stepMs)
    await nextTurn()
  }
  const { problems, auditHash, virtualMs, chain } = simulation.result()
  writeRecordedChain(folder, chain)
  if (!simulation.done) {
    record({
      v: 1,
      node: 'controller',
      monoMs: virtualMs,
      wallMs: virtualMs,
      kind: 'run-ended',
      reason: 'interrupted',
    })
  }
  return { problems, auditHash }
}
