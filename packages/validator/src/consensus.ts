import type { Genesis } from '@groundwork/genesis'
import { createDriver, type Driver, framesOver } from '@groundwork/host'
import { CodedError, equal, type KeyPair } from '@groundwork/primitives'
import { monotonicMs } from '@groundwork/program'
import type { EpochStart, Message, Peer, Verify } from '@groundwork/stake-core'
import type { Config } from './config.ts'
import { epochNodes } from './epoch-nodes.ts'
import { createInbound, type Inbound, isBlameworthy } from './inbound.ts'
import { createIntake, type Intake } from './intake.ts'
import { findForeignVote, findVoteElsewhere } from './lookout.ts'
import type { ValidatorInit } from './node.ts'
import type { Reporter } from './reporter.ts'
import type { ValidatorSeams } from './seams.ts'
import type { Running } from './status.ts'
import type { Disk } from './storage.ts'

export interface ConsensusInit extends ValidatorInit {
  readonly genesis: Genesis
  readonly key: KeyPair
  readonly disk: Disk
  readonly verify: Verify
  readonly start: EpochStart
  readonly reporter: Reporter
  readonly seams: ValidatorSeams
}

/** The stake chain of a validator, between its disk and its peers. */
export interface Consensus {
  readonly driver: Driver
  readonly inbound: Inbound
  readonly intake: Intake
}

const clock = {
  now: monotonicMs,
  schedule: (afterMs: number, callback: () => void) => void setTimeout(callback, afterMs),
}

export function createConsensus(init: ConsensusInit, running: Running): Consensus {
  const { config, log, disk, reporter, verify, start } = init
  const network = init.seams.port(
    framesOver({
      broadcast: (frame) => running.transport?.broadcast(frame),
      send: (to, frame) => running.transport?.send(to, frame),
      publish: (topic, frame) => running.transport?.publish(topic, frame),
    }),
  )
  const blame = (reason: string, peer: Peer): void => {
    // The transport counts what it punishes.
    if (running.transport === undefined) reporter.rejected(reason)
    else running.transport.penalize(peer, reason)
  }

  const nextEpoch = epochNodes(init)
  const driver: Driver = createDriver({
    ...nextEpoch(start, disk.entries),
    // Without the physical chain there is one epoch.
    ...(init.genesis.hybrid && { nextEpoch, journaled: disk.entries }),
    network,
    journal: disk.journal,
    store: disk.store,
    clock,
    events: {
      observed(observation) {
        reporter.observed(observation, driver.core.epoch.number)
        if (observation.kind === 'evidence') running.hybrid?.accuse(observation.evidence, driver.core)
        if (observation.kind === 'conflict') running.hybrid?.conflicting(observation)
      },
      finalized(blocks, certificate, end) {
        reporter.finalized(blocks, certificate, driver.core.epoch.number)
        running.hybrid?.finalized(blocks, certificate, end)
      },
      entered: ({ epoch }) => reporter.entered(epoch),
      rejected: (reason, from) => (isBlameworthy(reason) ? blame(reason, from) : reporter.rejected(reason)),
      foreignVote: () => reporter.rejected('foreign-vote'),
      failed: (error) => init.onFailure(error),
    },
  })

  const looksOut = disk.maySign && !init.byzantine.includes('twin')
  const renounce = (view: number, from: Peer): void => {
    if (running.renounced) return
    running.renounced = true
    disk.loseJournal()
    log.error(
      { view, from },
      `${config.name} has signed before, but its folder was empty: following without signing`,
    )
  }
  const lookOut = (message: Message, from: Peer): void => {
    const { core } = driver
    const { epoch } = core
    const self = epoch.validators.validators.findIndex(({ publicKey }) =>
      equal(publicKey, init.key.publicKey),
    )
    const elsewhere = disk.empty
      ? findVoteElsewhere({ epoch, publicKey: init.key.publicKey, verify }, message)
      : null
    const foreign =
      elsewhere ?? findForeignVote({ epoch, self, core, verify, lostView: disk.lostView }, message)
    if (foreign === null) return
    if (disk.empty) renounce(foreign.view, from)
    else init.onFailure(foreignKeyError(config, foreign.view, from))
  }
  const onMessage = (message: Message, from: Peer): void => {
    if (running.mode === 'listening' && looksOut) lookOut(message, from)
    driver.receive(message, from)
  }

  const intake = createIntake({
    admitter: { transaction: (bytes) => driver.admitter.transaction(bytes) },
    core: { transactionFault: (transaction) => driver.core.transactionFault(transaction) },
    onBatch(batch) {
      driver.deliver({ kind: 'transactions', transactions: batch })
      network.broadcast({ kind: 'transactions', transactions: batch.map(({ bytes }) => bytes) })
    },
  })
  return { driver, inbound: createInbound({ onMessage, onGarbage: blame }), intake }
}

function foreignKeyError({ name, dataDir }: Config, view: number, from: Peer): CodedError {
  return new CodedError(
    'KEY_IN_USE',
    `${name}: another process signs with this validator's key, or its journal is gone: ${from} sent its vote of view ${view}, which is not in ${dataDir}; not signing`,
  )
}
