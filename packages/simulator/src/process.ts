import { coercedPort, coercedRules } from '@groundwork/byzantine'
import { createDriver, type Driver } from '@groundwork/host'
import type { TransactionBytes } from '@groundwork/ledger'
import { CodedError } from '@groundwork/primitives'
import {
  type AdmittedTransaction,
  createAdmitter,
  createCore,
  type Message,
  pureRules,
  type StakeCore,
} from '@groundwork/stake-core'
import type { SimulatedDisk } from './disk.ts'
import type { Endpoint } from './network.ts'
import type { NodeInit, SimulatedNode } from './node.ts'

/** One life of a node: from a start until it is killed. */
export interface Process {
  readonly core: StakeCore
  readonly driver: Driver
  readonly endpoint: Endpoint
  submit(transactions: readonly TransactionBytes[]): string | null
}

/** How a process is held up, and how it may die within a step. */
export interface Fate {
  /** False if the process died instead of performing its next effect. */
  mayPerform(): boolean
  whenIdle(action: () => void): void
  whenDurable(action: () => void): void
}

/** The composition of the real node, with every port simulated: core, admitter and driver are those that run for real. */
export function createProcess(init: NodeInit, node: SimulatedNode, disk: SimulatedDisk, fate: Fate): Process {
  const { epoch, parameters, time, network, index, observe } = init
  const { journal, head } = disk.recover()
  const last = head?.blocks.at(-1)
  const honest = createCore({
    epoch,
    self: init.validator,
    parameters,
    sign: init.sign,
    rules: coercedRules(pureRules(epoch), init.coercion, 0),
    journal,
    position: { ledger: head?.ledger ?? init.genesis },
    head: {
      view: last?.block.header.view ?? 0,
      height: last?.block.header.height ?? 0,
      hash: last?.hash ?? epoch.genesisHash,
      certificate: head?.certificate ?? null,
    },
  })
  const core = init.corrupt === null ? honest : init.corrupt(honest)
  // The stand-in is cheaper than a cache; real signatures are not.
  const admitter = createAdmitter({
    epoch,
    parameters,
    verify: init.verify,
    remember: init.remember,
    state: core.state,
  })

  const say = (message: Message, transmit: () => void): void => {
    if (!fate.mayPerform()) return
    fate.whenDurable(() => {
      observe(node, { kind: 'said', message })
      transmit()
    })
  }
  const others = network.names.filter((_, at) => at !== index)
  const port = coercedPort(
    {
      broadcast: (message) => say(message, () => network.broadcast(index, message)),
      send: (to, message) => say(message, () => network.send(index, network.indexOf(to), message)),
    },
    others,
    init.coercion,
  )

  const driver = createDriver({
    core,
    admitter,
    network: port,
    journal: {
      append: (entries) => (fate.mayPerform() ? disk.journal.append(entries) : undefined),
      compact: (entries) => (fate.mayPerform() ? disk.journal.compact(entries) : undefined),
      close: () => {},
    },
    store: {
      ...disk.store,
      append: (...written) => (fate.mayPerform() ? disk.store.append(...written) : undefined),
      rebase: (...written) => (fate.mayPerform() ? disk.store.rebase(...written) : undefined),
    },
    clock: {
      now: () => time.now() * node.clockRate,
      schedule: (afterMs, action) => time.schedule(afterMs / node.clockRate, () => fate.whenIdle(action)),
    },
    events: {
      observed: (observation) => fate.whenDurable(() => observe(node, { kind: 'observed', observation })),
      finalized: (blocks, certificate) =>
        fate.whenDurable(() => observe(node, { kind: 'finalized', blocks, certificate })),
      rejected: (reason, from) => observe(node, { kind: 'rejected', reason, from }),
      foreignVote: () => {},
      failed(error) {
        throw error
      },
    },
  })

  return {
    core,
    driver,
    endpoint: {
      receive: (from, message) => fate.whenIdle(() => driver.receive(message, from)),
      peerUp: (peer) =>
        fate.whenIdle(() => {
          observe(node, { kind: 'peer-up', peer })
          driver.deliver({ kind: 'peer-up', peer })
        }),
      peerDown: (peer, reason) =>
        fate.whenIdle(() => {
          observe(node, { kind: 'peer-down', peer, reason })
          driver.deliver({ kind: 'peer-down', peer })
        }),
    },
    submit(transactions) {
      const admitted: AdmittedTransaction[] = []
      for (const bytes of transactions) {
        try {
          const transaction = admitter.transaction(bytes)
          const fault = core.transactionFault(transaction)
          if (fault !== null) return fault
          admitted.push(transaction)
        } catch (error) {
          if (error instanceof CodedError) return error.code
          throw error
        }
      }
      driver.deliver({ kind: 'transactions', transactions: admitted })
      port.broadcast({ kind: 'transactions', transactions: admitted.map(({ bytes }) => bytes) })
      return null
    },
  }
}
