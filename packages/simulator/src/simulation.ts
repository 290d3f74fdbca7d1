import { defaultParameters, epochOf, type Genesis, initialLedger } from '@groundwork/genesis'
import { type KeyPair, prng, standInSignatures } from '@groundwork/primitives'
import { accountLayout, type Plan, validatorsOf } from '@groundwork/scenario'
import type { ValidatorIndex } from '@groundwork/stake-core'
import {
  type EpochRecord,
  epochRecord,
  finalizedFacts,
  observedFact,
  type TraceFact,
  type TraceRecord,
} from '@groundwork/trace'
import { linkTable } from '@groundwork/wan'
import { audit } from './audit.ts'
import { type Cluster, cluster, heightOf } from './cluster.ts'
import { simulatedAccounts, simulatedBalance, simulatedKey } from './keys.ts'
import type { NodeFact, SimulatedNode } from './node.ts'
import { createFarm, type Farm } from './physical/farm.ts'
import { startTimeline } from './plan-timeline.ts'
import { type StreamSubmitted, startStream } from './streams.ts'
import { virtualTime } from './virtual-time.ts'
import { startWorkload } from './workload.ts'

/** A plan being executed in virtual time, which passes only in `advance`. */
export interface Simulation {
  /** Runs up to this many virtual milliseconds after the start, or to the end of the run. */
  advance(untilMs: number): void
  readonly done: boolean
  readonly nowMs: number
  /** For reading: the validators, and the nodes of the physical chain; null without any. */
  readonly world: Cluster | null
  readonly farm: Farm | null
  result(): SimulationResult
}

export interface SimulationResult {
  /** A fingerprint of all records in order: equal for equal plans. */
  readonly auditHash: string
  /** Views entered, summed over all nodes. */
  readonly viewChanges: number
  /** Deliveries, timers and faults. */
  readonly events: number
  readonly virtualMs: number
  /** What could not be done as planned; not empty makes the run invalid. */
  readonly problems: readonly string[]
}

const readyWithinMs = 60_000
const readyPollMs = 10
const countEveryMs = 1000

/**
 * Runs a plan with the core and the driver of the real node, every port simulated and signatures replaced by a keyed
 * hash. `sink` gets every record, of the nodes and in the controller's name, with `monoMs` and `wallMs` in virtual time
 * since the start: `run-started` first, `run-ended` last. Same plan, same records.
 */
export function createSimulation(plan: Plan, sink: (record: TraceRecord) => void): Simulation {
  const fingerprint = audit()
  const problems: string[] = []
  const time = virtualTime()
  let done = false
  const nowMs = (): number => time.now()
  const record = (node: string, fact: TraceFact): void => {
    if (done) return
    const entry: TraceRecord = { v: 1, node, monoMs: nowMs(), wallMs: nowMs(), ...fact }
    fingerprint.text(JSON.stringify(entry))
    sink(entry)
  }
  const emit = (fact: TraceFact): void => record('controller', fact)
  emit({ kind: 'run-started', scenario: plan.scenario, runtime: plan.runtime, seed: plan.seed })

  const table = linkTable({
    nodes: plan.nodes.map(({ name, labels }) => ({ name, region: labels.region })),
    regions: plan.delays,
  })
  const { physical } = plan
  const validators = validatorsOf(plan.nodes)
  const farm =
    physical === undefined
      ? null
      : createFarm({
          plan,
          physical,
          table,
          time,
          random: prng(`${plan.seed}`).split('farm'),
          followers: validators.map(({ name }) => name),
          emit: record,
        })
  const rejected = new Map<string, Record<string, number>>()
  let epochFact: EpochRecord | undefined
  const observe = (node: SimulatedNode, fact: NodeFact): void => {
    if (fact.kind === 'started') {
      const { validator } = node
      record(node.name, {
        kind: 'node-started',
        validator,
        signatures: 'stand-in',
        pid: 0,
        epoch: epochFact as EpochRecord,
        byzantine: [],
      })
    } else if (fact.kind === 'finalized') {
      for (const final of finalizedFacts(fact.blocks, fact.certificate)) record(node.name, final)
    } else if (fact.kind === 'rejected') {
      const counts = rejected.get(node.name) ?? {}
      rejected.set(node.name, counts)
      counts[fact.reason] = (counts[fact.reason] ?? 0) + 1
    } else if (fact.kind === 'observed') {
      const observed = observedFact(fact.observation)
      if (observed !== null) record(node.name, observed)
    } else if (fact.kind !== 'said') record(node.name, stopped(fact))
  }

  const startValidators = (): Cluster => {
    const genesis = genesisOf(plan)
    const epoch = epochOf(genesis)
    const { target } = accountLayout(plan)
    epochFact = epochRecord(epoch)
    return cluster({
      nodes: validators.map(({ name, validator }) => {
        const beside = farm?.followers.get(name)
        return { name, validator, ...(beside === undefined ? {} : { beside }) }
      }),
      weights: weightsOf(plan),
      seed: plan.seed,
      parameters: genesis.parameters,
      chain: {
        epoch,
        ledger: initialLedger(genesis),
        secretKey: (validator: ValidatorIndex) => simulatedKey('validator', validator).secretKey,
      },
      table,
      time,
      signatures: standInSignatures,
      ...(target === null ? {} : { target: (accountsOf(plan)[target] as KeyPair).publicKey }),
      observe: (_timeMs, node, fact) => observe(node, fact),
    })
  }
  const world = validators.length === 0 ? null : startValidators()
  farm?.start()

  const finish = (reason: string): void => {
    flushRejected()
    emit({ kind: 'run-ended', reason })
    done = true
  }
  const flushRejected = (): void => {
    farm?.flush()
    for (const [node, counts] of rejected) record(node, { kind: 'rejected', counts })
    rejected.clear()
  }
  const count = (): void => {
    flushRejected()
    time.schedule(countEveryMs, count)
  }
  const begin = (): void => {
    emit({ kind: 'network-ready' })
    const untilMs = time.now() + plan.durationMs
    time.at(untilMs, () => finish('completed'))
    startTimeline({ plan, time, world, farm, table, emit, problem: (text) => void problems.push(text) })
    if (world === null) return
    startStreams(world)
    startWorkload(world, {
      accounts: accountsOf(plan).slice(0, plan.workload.accounts),
      ratePerSecond: plan.workload.ratePerSecond,
      untilMs,
      submitted: (transfer) => emit({ kind: 'submitted', ...transfer }),
    })
  }
  const startStreams = (world: Cluster): void => {
    const accounts = accountsOf(plan)
    let from = plan.workload.accounts
    for (const stream of plan.workload.streams ?? []) {
      const senders = accounts.slice(from, from + stream.count)
      from += stream.count
      const receiver = (stream.to === 'target' ? accounts.at(-1) : accounts[0]) as KeyPair
      const submitted = (transfer: StreamSubmitted): void => emit({ kind: 'submitted', ...transfer })
      startStream({ stream, senders, receiver, world, farm, submitted })
    }
  }
  const awaitReady = (): void => {
    const ready = (world === null || isReady(world)) && (farm === null || farm.isReady())
    if (ready) begin()
    else if (time.now() < readyWithinMs) time.schedule(readyPollMs, awaitReady)
    else {
      problems.push(`the network was not ready within ${readyWithinMs / 1000} s of virtual time`)
      finish('not ready')
    }
  }
  count()
  awaitReady()

  return {
    advance(untilMs) {
      if (!done) time.run(untilMs, () => done)
    },
    get done() {
      return done
    },
    get nowMs() {
      return nowMs()
    },
    world,
    farm,
    result: () => ({
      auditHash: fingerprint.digest(),
      viewChanges: world?.monitor.viewChanges ?? 0,
      events: time.steps,
      virtualMs: nowMs(),
      problems,
    }),
  }
}

/** All nodes are connected to each other and have finalized a block. */
function isReady(world: Cluster): boolean {
  return world.nodes.every(
    (node) =>
      heightOf(node) > 0 &&
      world.nodes.every((other) => other === node || world.network.connected(node.index, other.index)),
  )
}

function stopped(fact: Extract<NodeFact, { kind: 'stopped' | 'peer-up' | 'peer-down' }>): TraceFact {
  return fact.kind === 'stopped' ? { kind: 'node-stopped', reason: fact.reason } : fact
}

function genesisOf(plan: Plan): Genesis {
  const validators = validatorsOf(plan.nodes)
    .filter(({ twinOf }) => twinOf === null)
    .toSorted((a, b) => a.validator - b.validator)
  return {
    // The seed is part of the chain's name, so that it decides on the order of leaders too.
    chain: `${plan.scenario}-${plan.seed}`,
    validators: validators.map(({ name, validator, weight, labels }) => ({
      name,
      publicKey: simulatedKey('validator', validator).publicKey,
      weight,
      labels,
    })),
    accounts: accountsOf(plan).map(({ publicKey }) => ({ publicKey, balance: simulatedBalance })),
    parameters: { ...defaultParameters, ...plan.parameters },
  }
}

function accountsOf(plan: Plan): KeyPair[] {
  return simulatedAccounts(accountLayout(plan).total)
}

function weightsOf(plan: Plan): number[] {
  const weights: number[] = []
  for (const { validator, weight } of validatorsOf(plan.nodes)) weights[validator] = weight
  return weights
}
