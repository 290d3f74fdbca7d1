import { deriveGenesisOf, epochOf, type Genesis, initialLedger } from '@groundwork/genesis'
import { encodeRecordedChain, type Signer } from '@groundwork/hybrid-host'
import type { CheckedBlock } from '@groundwork/physical-core'
import { type KeyPair, prng, standInSignatures } from '@groundwork/primitives'
import {
  accountLayout,
  historians,
  type Plan,
  processesOf,
  seizedNodes,
  validatorsOf,
} from '@groundwork/scenario'
import type { ValidatorIndex } from '@groundwork/stake-core'
import type { TraceRecord } from '@groundwork/trace'
import { linkTable } from '@groundwork/wan'
import { audit } from './audit.ts'
import { type Cluster, cluster, heightOf } from './cluster.ts'
import { hybridWorld } from './hybrid/world.ts'
import { simulatedKey } from './keys.ts'
import { type EpochFact, nodeRecords } from './node-records.ts'
import { createFarm, type Farm } from './physical/farm.ts'
import type { SimulatedFarmer } from './physical/farmer.ts'
import { physicalGenesis } from './physical/genesis.ts'
import { planAccounts, planGenesis, planWeights } from './plan-genesis.ts'
import { startTimeline } from './plan-timeline.ts'
import { startStakeRequests } from './stake-requests.ts'
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
  /** Of a hybrid network: the longest best chain of a farmer, as `replayPlan` reads it. */
  readonly chain: readonly string[]
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
  const record = (node: string, fact: EpochFact): void => {
    if (done) return
    const entry: TraceRecord = { v: 1, node, monoMs: nowMs(), wallMs: nowMs(), ...fact }
    fingerprint.text(JSON.stringify(entry))
    sink(entry)
  }
  const emit = (fact: EpochFact): void => record('controller', fact)
  emit({ kind: 'run-started', scenario: plan.scenario, runtime: plan.runtime, seed: plan.seed })

  const seized = seizedNodes(plan)
  const outsiders = historians(plan)
  const placed = processesOf(plan).map(({ name, labels }) => ({
    name,
    region: labels.region,
  }))
  const table = linkTable({ nodes: placed, regions: plan.delays })
  const { physical } = plan
  const validators = validatorsOf(plan.nodes)
  const chain = physical === undefined ? null : physicalGenesis(plan, physical)
  const genesis = validators.length === 0 ? null : planGenesis(plan, chain)
  const farm =
    chain === null
      ? null
      : createFarm({
          plan,
          genesis: chain,
          table,
          time,
          random: prng(`${plan.seed}`).split('farm'),
          followers: [...validators, ...seized].map(({ name, validator }) => ({
            name,
            validator: signerOf(validator),
          })),
          world: genesis?.hybrid === undefined ? null : hybridWorld(deriveGenesisOf(genesis, chain)),
          emit: record,
        })
  const rejected = new Map<string, Record<string, number>>()

  const startValidators = (genesis: Genesis): Cluster => {
    const epoch = epochOf(genesis)
    const { target } = accountLayout(plan)
    return cluster({
      nodes: [...validators, ...seized].map((node) => {
        const { name, validator } = node
        const beside = farm?.followers.get(name)
        const startsLater = seized.includes(node)
        return { name, validator, startsLater, ...(beside === undefined ? {} : { beside }) }
      }),
      outsiders: outsiders.map(({ name }) => name),
      weights: planWeights(plan),
      seed: plan.seed,
      parameters: genesis.parameters,
      chain: {
        epoch,
        ledger: initialLedger(genesis),
        secretKey: (validator: ValidatorIndex) => simulatedKey('validator', validator).secretKey,
      },
      kappa: physical?.kappa ?? 0,
      table,
      time,
      signatures: standInSignatures,
      ...(target === null ? {} : { target: (planAccounts(plan)[target] as KeyPair).publicKey }),
      observe(_timeMs, node, fact) {
        for (const each of nodeRecords(node, epoch, fact)) record(node.name, each)
        if (fact.kind !== 'rejected') return
        const counts = rejected.get(node.name) ?? {}
        rejected.set(node.name, counts)
        counts[fact.reason] = (counts[fact.reason] ?? 0) + 1
      },
    })
  }
  const world = genesis === null ? null : startValidators(genesis)
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
    startStakeRequests({
      requests: plan.workload.stake ?? [],
      world,
      farm,
      submitted: (request) => emit({ kind: 'submitted', ...request }),
    })
    startWorkload(world, {
      accounts: planAccounts(plan).slice(0, plan.workload.accounts),
      ratePerSecond: plan.workload.ratePerSecond,
      untilMs,
      submitted: (transfer) => emit({ kind: 'submitted', ...transfer }),
    })
  }
  const startStreams = (world: Cluster): void => {
    const accounts = planAccounts(plan)
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
      chain: plan.hybrid === undefined ? [] : encodeRecordedChain(longestChain(farm?.farmers ?? [])),
      problems,
    }),
  }
}

function longestChain(farmers: readonly SimulatedFarmer[]): readonly CheckedBlock[] {
  const chains = farmers.map((farmer) => farmer.bestChain())
  return chains.toSorted((a, b) => b.length - a.length)[0] ?? []
}

/** All nodes that run are connected to each other and have finalized a block. */
function isReady({ nodes, network }: Cluster): boolean {
  const running = nodes.filter((node) => node.running)
  return running.every(
    (node) =>
      heightOf(node) > 0 &&
      running.every((other) => other === node || network.connected(node.index, other.index)),
  )
}

function signerOf(validator: ValidatorIndex): Signer {
  const { publicKey, secretKey } = simulatedKey('validator', validator)
  return { publicKey, sign: (message) => standInSignatures.sign(secretKey, message) }
}
