import { ascii, encode, hash, toHex } from '@groundwork/primitives'
import {
  type Check,
  type FaultAction,
  type Plan,
  type PlannedFault,
  type PlannedValidator,
  validatorsOf,
} from '@groundwork/scenario'
import { createEpoch, validatorSet } from '@groundwork/stake-core'
import {
  closure,
  type EpochRecord,
  finalityBounds,
  mergeTraces,
  planDelays,
  type TraceFact,
  type TraceRecord,
} from '../src/index.ts'

/** A made-up run: an ideal network that does what it is told, so that every figure is known beforehand. */
export interface SyntheticInit {
  readonly regions?: Readonly<Record<string, number>>
  readonly delays?: Plan['delays']
  readonly checks?: readonly Check[]
  readonly faults?: readonly SyntheticFault[]
  readonly durationMs?: number
  /** Measured latency over the network bound. */
  readonly factor?: number
  readonly viewMs?: number
  readonly ratePerSecond?: number
  readonly description?: string
  readonly twins?: readonly string[]
  readonly runtime?: Plan['runtime']
}

export interface SyntheticFault {
  readonly action: FaultAction
  readonly atMs: number
  readonly forMs: number | null
  /** Nodes that neither propose nor finalize while it lasts; all of them: finality stops. */
  readonly silenced: readonly string[]
  /** From the heal to the next proposal, or to the catch-up of the silenced. */
  readonly recoverMs?: number
}

export const exampleDelays: Plan['delays'] = {
  N_Virginia: { N_Virginia: 0, Ireland: 33, Mumbai: 93 },
  Ireland: { N_Virginia: 33, Ireland: 0, Mumbai: 61 },
  Mumbai: { N_Virginia: 93, Ireland: 61, Mumbai: 0 },
}

export const readyMs = 3000

export function record(node: string, monoMs: number, fact: TraceFact): TraceRecord {
  return { v: 1, node, monoMs, wallMs: 1_700_000_000_000 + monoMs, ...fact }
}

export const name = (text: string): string => toHex(hash('test', ascii(text)))

export function syntheticPlan(init: SyntheticInit = {}): Plan {
  const regions = init.regions ?? { N_Virginia: 3, Ireland: 2, Mumbai: 2 }
  const nodes: PlannedValidator[] = []
  for (const [region, count] of Object.entries(regions)) {
    for (let i = 0; i < count; i++) {
      const labels = { region, cloud: 'A', jurisdiction: region, entity: `e${nodes.length + 1}` }
      const validator = nodes.length
      nodes.push({ name: `v${validator + 1}`, role: 'validator', validator, weight: 1, twinOf: null, labels })
    }
  }
  for (const twin of init.twins ?? []) {
    const of = nodes.find((node) => node.name === twin)!
    nodes.push({ ...of, name: `${twin}-twin`, twinOf: twin })
  }
  const timeline = (init.faults ?? []).map(
    ({ action, atMs, forMs }, i): PlannedFault => ({ id: `${i + 1}-${action.verb}`, atMs, forMs, action }),
  )
  return {
    version: 1,
    scenario: 'synthetic',
    description: init.description ?? 'A made-up run.',
    lesson: '',
    seed: 1,
    runtime: init.runtime ?? 'process',
    nodes,
    workload: { ratePerSecond: init.ratePerSecond ?? 0, accounts: 10 },
    timeline,
    checks: init.checks ?? [],
    durationMs: init.durationMs ?? 20_000,
    parameters: { minViewTimeMs: 250, timeoutBaseMs: 1000, timeoutMaxMs: 30_000, standstillMs: 1000 },
    delays: init.delays ?? exampleDelays,
  }
}

export function epochRecord(plan: Plan): EpochRecord {
  const weights = new Map(validatorsOf(plan.nodes).map((node) => [node.validator, node.weight]))
  const keys = [...weights].map(([i, weight]) => ({
    publicKey: hash(
      'test-key',
      encode((out) => out.u16(i)),
    ),
    weight,
  }))
  const zero = hash('zero')
  const init = { chainId: zero, number: 0, genesisHash: zero, seed: zero, validators: validatorSet(keys) }
  return {
    epochId: toHex(createEpoch(init).id),
    chainId: toHex(zero),
    number: 0,
    genesisHash: toHex(zero),
    seed: toHex(zero),
    validators: keys.map(({ publicKey, weight }) => ({ publicKey: toHex(publicKey), weight })),
  }
}

export function synthetic(init: SyntheticInit = {}): { plan: Plan; records: TraceRecord[] } {
  const plan = syntheticPlan(init)
  const faults = (init.faults ?? []).map((fault, i) => ({ ...fault, id: plan.timeline[i]!.id }))
  const endMs = readyMs + plan.durationMs
  const log: TraceRecord[] = []
  const say = (node: string, ms: number, fact: TraceFact) => log.push(record(node, ms, fact))
  const names = plan.nodes.map((node) => node.name)
  const epoch = epochRecord(plan)
  const { weights, quorum } = stake(plan)
  const delays = closure(planDelays(plan))
  const votes = { validators: validatorsOf(plan.nodes).map((node) => node.validator), weights, quorum }
  const window = (fault: SyntheticFault) => ({
    fromMs: readyMs + fault.atMs,
    toMs: fault.forMs === null ? endMs : readyMs + fault.atMs + fault.forMs,
  })
  const silencing = (node: string, ms: number) =>
    faults.find((f) => f.silenced.includes(node) && ms >= window(f).fromMs && ms < window(f).toMs)

  say('controller', 1000, {
    kind: 'run-started',
    scenario: plan.scenario,
    runtime: plan.runtime,
    seed: plan.seed,
  })
  for (const [i, node] of validatorsOf(plan.nodes).entries()) {
    const { validator } = node
    const started = {
      kind: 'node-started',
      validator,
      signatures: 'ed25519',
      pid: 100 + i,
      epoch,
      byzantine: [],
    } as const
    say(node.name, 1500, started)
    for (const peer of names) if (peer !== node.name) say(node.name, 2000, { kind: 'peer-up', peer })
    for (let ms = 2000; ms < endMs; ms += 1000) {
      if (silencing(node.name, ms)?.action.verb === 'kill') continue
      say(node.name, ms, {
        kind: 'resources',
        rssMiB: 100 + i,
        pssMiB: 60 + i,
        cpuShare: 0.1,
        loopLagMsMax: 5 + i,
      })
    }
  }

  const asked = planDelays(plan)
  for (const [i, node] of names.entries()) {
    for (let ms = 2000; ms < endMs && init.runtime !== 'simulated'; ms += 2000) {
      const peers = names.flatMap((peer, j) => {
        const minMs = asked[i]![j]! + asked[j]![i]! + 0.5
        return i === j ? [] : [[peer, { samples: 8, minMs, medianMs: minMs + 1 }] as const]
      })
      say(node, ms, { kind: 'round-trips', peers: Object.fromEntries(peers) })
    }
  }

  const floorMs = new Map<string, number>()
  const waiting: string[] = []
  let sent = 0
  let parent = name('genesis')
  let height = 0
  let at = 2200
  for (let view = 1; at < endMs; view++) {
    const stopped = faults.find(
      (f) => f.silenced.length === names.length && at >= window(f).fromMs && at < window(f).toMs,
    )
    if (stopped !== undefined) at = window(stopped).toMs + (stopped.recoverMs ?? 500)
    if (at >= endMs) break
    const leader = (view - 1) % names.length
    if (silencing(names[leader]!, at) !== undefined) {
      for (const node of names) {
        if (silencing(node, at) !== undefined) continue
        say(node, at + 1000, { kind: 'certified', view, type: 'skip', hash: '00'.repeat(32), formed: true })
        say(node, at + 1000, {
          kind: 'view-entered',
          view: view + 1,
          leader: view % names.length,
          cause: 'skip',
        })
      }
      at += 1000
      continue
    }
    const rate = init.ratePerSecond ?? 0
    for (; rate > 0 && readyMs + (sent * 1000) / rate < at; sent++) {
      const transaction = name(`transaction ${sent}`)
      const ms = readyMs + (sent * 1000) / rate
      say('controller', ms, { kind: 'submitted', transaction, to: names[0]!, accepted: true, reason: null })
      waiting.push(transaction)
    }
    height++
    const id = name(`block ${view}`)
    const transactions = waiting.splice(0)
    say(names[leader]!, at, { kind: 'proposed', view, height, hash: id, transactions: transactions.length })
    const bounds = finalityBounds(delays, votes, leader)
    for (const [i, node] of names.entries()) {
      const held = silencing(node, at)
      const late = held === undefined ? null : window(held).toMs + (held.recoverMs ?? 500)
      if (late !== null && (held!.forMs === null || late >= endMs)) continue
      if (late !== null) floorMs.set(node, late)
      const arrived = late ?? at + delays[leader]![i]!
      // Blocks are finalized in order: a node that is still catching up comes to this one afterwards.
      const final = late ?? Math.max(at + bounds[i]! * (init.factor ?? 1), floorMs.get(node) ?? 0)
      if (i !== leader)
        say(node, arrived, { kind: 'proposal-received', view, height, hash: id, proposer: leader })
      say(node, arrived, { kind: 'voted', view, type: 'notar', hash: id })
      say(node, final, { kind: 'certified', view, type: 'notar', hash: id, formed: true })
      say(node, final, { kind: 'voted', view, type: 'final', hash: id })
      say(node, final, { kind: 'certified', view, type: 'final', hash: id, formed: true })
      const block = {
        view,
        height,
        hash: id,
        parent,
        proposer: leader,
        proof: 'aa',
        certificate: 'bb',
        transactions,
      }
      say(node, final, { kind: 'finalized', ...block })
      const next = { view: view + 1, leader: view % names.length, cause: 'notar' } as const
      say(node, final, { kind: 'view-entered', ...next })
    }
    parent = id
    at += init.viewMs ?? 250
  }

  say('controller', readyMs, { kind: 'network-ready' })
  for (const fault of faults) {
    const { fromMs, toMs } = window(fault)
    const { verb } = fault.action
    const stopsFinality = fault.silenced.length === names.length
    const nodes = 'target' in fault.action ? targetNodes(fault.action.target) : names
    say('controller', fromMs, {
      kind: 'fault-began',
      fault: fault.id,
      verb,
      nodes,
      detail: `${verb} of ${nodes.join(' ')}`,
      stopsFinality,
    })
    if (fault.forMs !== null) say('controller', toMs, { kind: 'fault-healed', fault: fault.id })
  }
  say('controller', endMs, { kind: 'run-ended', reason: 'done' })
  return { plan, records: mergeTraces([log]) }
}

function targetNodes(target: { kind: string; nodes?: readonly string[] }): readonly string[] {
  return target.nodes ?? []
}

export function stake(plan: Plan): { weights: number[]; quorum: number } {
  const weights: number[] = []
  for (const node of validatorsOf(plan.nodes)) weights[node.validator] = node.weight
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return { weights, quorum: Math.floor((2 * total) / 3) + 1 }
}

export const partitionOf = (...groups: readonly string[][]): FaultAction => ({
  verb: 'partition',
  cut: 'blackhole',
  groups: groups.map((nodes) => ({ kind: 'nodes', nodes })),
})

export const killOf = (...nodes: string[]): FaultAction => ({
  verb: 'kill',
  target: { kind: 'nodes', nodes },
})

export const allSeven: readonly string[] = ['v1', 'v2', 'v3', 'v4', 'v5', 'v6', 'v7']
