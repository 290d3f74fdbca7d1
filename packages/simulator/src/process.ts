import { coercedPort, coercedRules } from '@groundwork/byzantine'
import { type CreateEpochNode, createDriver, type Driver } from '@groundwork/host'
import type { Ledger, TransactionBytes } from '@groundwork/ledger'
import { CodedError, equal, type Hash, toHex } from '@groundwork/primitives'
import {
  type AdmittedTransaction,
  createAdmitter,
  createCore,
  type Epoch,
  type EpochStart,
  type Evidence,
  type Message,
  pureRules,
} from '@groundwork/stake-core'
import type { SimulatedDisk } from './disk.ts'
import type { Endpoint } from './network.ts'
import type { NodeInit, SimulatedNode } from './node.ts'

/** One life of a node: from a start until it is killed. */
export interface Process {
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
  const { time, network, index, observe } = init
  const hybrid = init.beside?.hybrid ?? null
  const { journal } = disk.recover()
  const createNode = epochNodes(init)

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

  const driver: Driver = createDriver({
    ...createNode(hybrid?.stakeStart(storedHead(disk)) ?? stakeStart(init, disk), journal),
    ...(hybrid === null ? {} : { nextEpoch: createNode }),
    journaled: journal,
    network: port,
    journal: {
      append: (entries) => (fate.mayPerform() ? disk.journal.append(entries) : undefined),
      compact: (entries) => (fate.mayPerform() ? disk.journal.compact(entries) : undefined),
      close: () => {},
    },
    store: {
      ...disk.store,
      append(...written) {
        if (!fate.mayPerform()) return
        hybrid?.keep(driver.core.state.final.position)
        return disk.store.append(...written)
      },
      rebase: (...written) => (fate.mayPerform() ? disk.store.rebase(...written) : undefined),
    },
    clock: {
      now: () => time.now() * node.clockRate,
      schedule: (afterMs, action) => time.schedule(afterMs / node.clockRate, () => fate.whenIdle(action)),
    },
    events: {
      observed(observation) {
        const epoch = driver.core.epoch.number
        if (observation.kind === 'evidence') accuse(observation.evidence)
        if (observation.kind === 'conflict') hybrid?.conflicting(observation)
        fate.whenDurable(() => observe(node, { kind: 'observed', observation, epoch }))
      },
      finalized(blocks, certificate, end) {
        const epoch = driver.core.epoch.number
        const path = end?.children.map(({ block }) => block.header) ?? []
        fate.whenDurable(() => {
          observe(node, { kind: 'finalized', blocks, certificate, epoch })
          hybrid?.finalized({ blocks: blocks.map(({ block }) => block), certificate, path })
        })
      },
      entered({ epoch, position }) {
        hybrid?.keep(position)
        observe(node, { kind: 'entered', epoch })
      },
      rejected: (reason, from) => observe(node, { kind: 'rejected', reason, from }),
      foreignVote: () => {},
      failed(error) {
        throw error
      },
    },
  })

  const accuse = (evidence: Evidence): void => {
    if (hybrid === null || evidence.rule === 'S5') return
    const voted = evidence.rule === 'S3' ? [] : [evidence.a.hash, evidence.b.hash]
    const headers = voted.flatMap((hash) => {
      const { block } = driver.core.state.blocks.get(toHex(hash))?.proposal ??
        disk.find(hash) ?? { block: null }
      return block === null ? [] : [block.header]
    })
    hybrid.accuse(evidence, headers)
  }
  init.beside?.onView(() => {
    if (hybrid !== null)
      fate.whenIdle(() => driver.deliver({ kind: 'physical', view: hybrid.follower.view() }))
  })

  return {
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
          const transaction = driver.admitter.transaction(bytes)
          const fault = driver.core.transactionFault(transaction)
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

/** Makes the validator of an epoch. */
function epochNodes(init: NodeInit): CreateEpochNode {
  const { parameters, verify, remember } = init
  const key = init.epoch.validators.validators[init.validator]?.publicKey
  return (start, journal) => {
    const self = start.epoch.validators.validators.findIndex(
      ({ publicKey }) => key !== undefined && equal(publicKey, key),
    )
    const honest = createCore({
      ...start,
      self: self < 0 ? null : self,
      parameters,
      sign: init.sign,
      rules: coercedRules(start.rules, init.coercion, init.kappa),
      journal,
    })
    const core = init.corrupt === null ? honest : init.corrupt(honest)
    // The stand-in is cheaper than a cache; real signatures are not.
    const { epoch, rules } = start
    const admitter = createAdmitter({ epoch, parameters, rules, verify, remember, state: core.state })
    return { core, admitter }
  }
}

/** Where a stake chain on its own goes on. */
function stakeStart({ epoch, genesis }: NodeInit, disk: SimulatedDisk): EpochStart {
  const { head } = disk.recover()
  const start = pureStart(epoch, genesis)
  const last = head?.blocks.at(-1)
  if (head === undefined || last === undefined) return start
  const { view, height } = last.block.header
  const { ledger, certificate } = head
  return { ...start, position: { ledger }, head: { view, height, hash: last.hash, certificate } }
}

/** Where it begins. */
export function pureStart(epoch: Epoch, ledger: Ledger): EpochStart {
  return {
    epoch,
    rules: pureRules(epoch),
    position: { ledger },
    head: { view: 0, height: 0, hash: epoch.genesisHash, certificate: null },
  }
}

function storedHead(disk: SimulatedDisk): Hash | null {
  const { head, base } = disk.recover()
  return base?.base.hash ?? head?.blocks.at(-1)?.hash ?? null
}
