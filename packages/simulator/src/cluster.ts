import { anySide, corrupt, type StakeBehaviour, type Strategy } from '@groundwork/byzantine'
import type { Ledger } from '@groundwork/ledger'
import type { Bytes, SignatureScheme } from '@groundwork/primitives'
import { assert, type Prng, prng, standInSignatures } from '@groundwork/primitives'
import type {
  Court,
  Epoch,
  Height,
  Parameters,
  Peer,
  StakeCore,
  ValidatorIndex,
} from '@groundwork/stake-core'
import { type Link, type LiveLinkTable, linkTable } from '@groundwork/wan'
import { audit } from './audit.ts'
import { auditFact } from './audit-fact.ts'
import { type Coercions, coercions } from './coercions.ts'
import { type ConnectionTiming, defaultConnectionTiming } from './connections.ts'
import { simulatedChain } from './keys.ts'
import { type LinkFaults, linkFaults } from './link-faults.ts'
import { type Monitor, monitor } from './monitor.ts'
import { type SimulatedNetwork, simulatedNetwork } from './network.ts'
import { type Beside, type NodeFact, type SimulatedNode, simulatedNode } from './node.ts'
import { type VirtualTime, virtualTime } from './virtual-time.ts'

export interface ClusterNode {
  /** `v1`, ... by default. */
  readonly name?: Peer
  /** Position in the validator set; two nodes with the same one are twins. */
  readonly validator: ValidatorIndex
  readonly byzantine?: Strategy | null
  readonly beside?: Beside
  /** It does not run before somebody starts it. */
  readonly startsLater?: boolean
}

export interface ClusterInit {
  /** A number of validators with one process each, or the processes. */
  readonly nodes: number | readonly ClusterNode[]
  /** One per validator; 1 each by default. */
  readonly weights?: readonly number[]
  readonly seed?: number | string
  readonly parameters?: Partial<Parameters>
  /** By default an epoch of the simulator's own keys, and accounts with balances. */
  readonly chain?: SimulatedChain
  readonly accounts?: number
  /** Places in the network for processes that are no validators, not plugged in. */
  readonly outsiders?: readonly Peer[]
  /** Instead of `link`: who changes it later changes the network. It may have nodes that are none of these. */
  readonly table?: LiveLinkTable
  /** Shared with whatever else runs in this world. */
  readonly time?: VirtualTime
  readonly link?: Partial<Link> | ((from: Peer, to: Peer) => Partial<Link>)
  readonly timing?: Partial<ConnectionTiming>
  readonly ordered?: boolean
  /** How long a sync takes, drawn anew for each. */
  readonly syncMs?: (node: Peer, random: Prng) => number
  readonly signatures?: SignatureScheme
  /** Told everything, in order. */
  readonly observe?: (timeMs: number, node: SimulatedNode, fact: NodeFact) => void
  /** Of the physical chain beside. */
  readonly kappa?: number
  /** The account that coerced validators censor. */
  readonly target?: Bytes
  /** Handed the cluster before its nodes start. */
  readonly created?: (cluster: Cluster) => void
  /** Whether to fingerprint everything that happens. */
  readonly audited?: boolean
}

export interface SimulatedChain {
  readonly epoch: Epoch
  readonly ledger: Ledger
  secretKey(validator: ValidatorIndex): Bytes
}

/** Many nodes, one thread, one seed: started together, driven by a script. */
export interface Cluster {
  readonly epoch: Epoch
  readonly parameters: Parameters
  readonly time: VirtualTime
  readonly network: SimulatedNetwork
  readonly nodes: readonly SimulatedNode[]
  readonly monitor: Monitor
  readonly random: Prng
  readonly signatures: SignatureScheme
  /** By name, or by number: `node(3)` is the third. */
  node(which: number | Peer): SimulatedNode
  isHonest(node: SimulatedNode): boolean
  /** Honest nodes that are running. */
  live(): SimulatedNode[]
  run(forMs: number): Cluster
  /** Runs until the condition holds; false if it does not within the time. Asked after every action. */
  runUntil(condition: () => boolean, withinMs: number): boolean
  /** The lowest height that all honest live nodes have finalized. */
  finalHeight(): Height
  /** The highest that any honest node has. */
  topHeight(): Height
  /** Cuts the links between groups of nodes, named or numbered; returns the healing. */
  partition(...groups: readonly (readonly (number | Peer)[])[]): () => void
  /** Cuts one direction only. */
  oneWay(from: readonly (number | Peer)[], to: readonly (number | Peer)[]): () => void
  /** Changes all links. */
  shape(set: Partial<Link>): () => void
  readonly links: LinkFaults
  /** What adversaries know of the halves of the network; they make up what is not in it. */
  readonly sides: Map<Peer, 0 | 1>
  /** Opens every link, resumes and restarts every node. */
  healAll(): void
  /** A process that loses its disk may have forgotten what it signed: it counts as faulty from then on. */
  wipe(which: number | Peer): void
  /** Makes nodes misbehave until the result is called; their validators count as faulty from then on. */
  coerce(which: readonly (number | Peer)[], behaviours: readonly StakeBehaviour[]): () => void
  auditHash(): string
}

const localLink: Partial<Link> = { delayMs: 25, jitterMs: 5 }

export const defaultParameters: Parameters = {
  minViewTimeMs: 50,
  timeoutBaseMs: 1000,
  timeoutMaxMs: 30_000,
  standstillMs: 1000,
  fetchRetryMs: 200,
  fetchRetryMaxMs: 1000,
  maxBodyBytes: 256 * 1024,
  maxBodyTransactions: 2000,
  maxSkips: 4096,
}

export function cluster(init: ClusterInit): Cluster {
  const specs = typeof init.nodes === 'number' ? singles(init.nodes) : init.nodes
  const validators = Math.max(...specs.map(({ validator }) => validator)) + 1
  const weights = init.weights ?? Array.from({ length: validators }, () => 1)
  const seed = `${init.seed ?? 1}`
  const random = prng(seed)
  const chain = init.chain ?? simulatedChain(weights, init.accounts ?? 4, seed)
  const { epoch } = chain
  const parameters = { ...defaultParameters, ...init.parameters }
  const signatures = init.signatures ?? standInSignatures
  const time = init.time ?? virtualTime()
  const names = specs.map(({ name }, index) => name ?? `v${index + 1}`)
  const table = init.table ?? tableOf(names, init.link ?? {})
  const network = simulatedNetwork({
    table,
    names: [...names, ...(init.outsiders ?? [])],
    time,
    random: random.split('network'),
    timing: { ...defaultConnectionTiming, ...init.timing },
    ordered: init.ordered ?? true,
  })
  const court: Court = { epoch, verify: signatures.verify, maxSkips: parameters.maxSkips }
  const processes = Array.from({ length: validators }, (_, at) =>
    specs.filter(({ validator }) => validator === at),
  )
  const faulty = new Set<ValidatorIndex>(
    [...processes.keys()].filter((at) => {
      const own = processes[at] as readonly ClusterNode[]
      return own.length !== 1 || own.some(({ byzantine }) => (byzantine ?? null) !== null)
    }),
  )
  const fingerprint = audit()
  const nodes: SimulatedNode[] = []
  const watch = monitor({ court, epoch, nodes, isHonest: (validator) => !faulty.has(validator) })
  const observe = (node: SimulatedNode, fact: NodeFact): void => {
    watch.observe(node, fact)
    if (init.audited === true) auditFact(fingerprint, time.now(), node.index, fact)
    init.observe?.(time.now(), node, fact)
  }
  const accomplices = new Set(
    specs.flatMap(({ byzantine }, i) => ((byzantine ?? null) === null ? [] : [names[i] as Peer])),
  )

  const coerced: readonly Coercions<StakeBehaviour>[] = specs.map(() => coercions())
  for (const [index, spec] of specs.entries()) {
    const name = names[index] as Peer
    const secretKey = chain.secretKey(spec.validator)
    const sign = (message: Uint8Array): Uint8Array => signatures.sign(secretKey, message)
    const own = random.split(`node/${name}`)
    const behave =
      (strategy: Strategy) =>
      (core: StakeCore): StakeCore =>
        corrupt(
          core,
          strategy({
            self: spec.validator,
            epoch,
            random: own.split('byzantine'),
            peers: names.filter((peer) => peer !== name),
            accomplices,
            sideOf: (peer, view) => self.sides.get(peer) ?? anySide(peer, view),
            sign,
            state: () => core.state,
          }),
        )
    const disk = own.split('disk')
    nodes.push(
      simulatedNode({
        index,
        name,
        validator: spec.validator,
        epoch,
        kappa: init.kappa ?? 0,
        parameters,
        genesis: chain.ledger,
        time,
        network,
        sign,
        verify: signatures.verify,
        remember: signatures.name !== 'stand-in',
        coercion: {
          does: (behaviour) => coerced[index]?.does(behaviour) ?? false,
          target: init.target ?? null,
          isAccomplice: (peer) => coerced[names.indexOf(peer)]?.any ?? false,
        },
        corrupt: spec.byzantine === null || spec.byzantine === undefined ? null : behave(spec.byzantine),
        syncMs: () => init.syncMs?.(name, disk) ?? 0,
        observe,
        ...(spec.beside === undefined ? {} : { beside: spec.beside }),
      }),
    )
  }

  const links = linkFaults(table)
  const named = (group: readonly (number | Peer)[]): Peer[] => group.map((which) => self.node(which).name)
  const self: Cluster = {
    epoch,
    parameters,
    time,
    network,
    nodes,
    monitor: watch,
    random,
    signatures,
    node(which) {
      const found = typeof which === 'number' ? nodes[which - 1] : nodes.find(({ name }) => name === which)
      assert(found !== undefined, `no node ${which}`)
      return found
    },
    isHonest: (node) => !faulty.has(node.validator),
    live: () => nodes.filter((node) => node.running && !faulty.has(node.validator)),
    run(forMs) {
      time.run(time.now() + forMs)
      return self
    },
    runUntil(condition, withinMs) {
      if (condition()) return true
      let held = false
      time.run(time.now() + withinMs, () => {
        held = condition()
        return held
      })
      return held
    },
    finalHeight: () => Math.min(...self.live().map(heightOf)),
    topHeight: () => Math.max(0, ...nodes.filter(self.isHonest).map(heightOf)),
    links,
    sides: new Map(),
    partition: (...groups) => links.partition(groups.map(named)),
    oneWay: (from, to) => links.shape(named(from), named(to), { cut: 'blackhole' }),
    shape: (set) => links.shape(names, names, set),
    healAll() {
      links.heal()
      for (const node of nodes) {
        node.killWithin(Number.POSITIVE_INFINITY)
        node.resume()
        node.start()
      }
    },
    wipe(which) {
      const node = self.node(which)
      faulty.add(node.validator)
      node.wipe()
    },
    coerce(which, behaviours) {
      const ends = which.map((one) => {
        const { index, validator } = self.node(one)
        faulty.add(validator)
        return coerced[index]?.begin(behaviours)
      })
      return () => {
        for (const end of ends) end?.()
      }
    },
    auditHash: () => fingerprint.digest(),
  }
  init.created?.(self)
  for (const node of nodes) if (specs[node.index]?.startsLater !== true) node.start()
  return self
}

export function heightOf(node: SimulatedNode): Height {
  return node.disk.chain.length
}

function singles(count: number): ClusterNode[] {
  return Array.from({ length: count }, (_, validator) => ({ validator }))
}

function tableOf(names: readonly Peer[], link: NonNullable<ClusterInit['link']>): LiveLinkTable {
  const setOf = (from: Peer, to: Peer): Partial<Link> => ({
    ...localLink,
    ...(typeof link === 'function' ? link(from, to) : link),
  })
  const regions = Object.fromEntries(
    names.map((from) => [from, Object.fromEntries(names.map((to) => [to, 0]))]),
  )
  const table = linkTable({ nodes: names.map((name) => ({ name, region: name })), regions })
  const links = names.flatMap((from) =>
    names.flatMap((to) => (from === to ? [] : [{ from, to, set: setOf(from, to) }])),
  )
  table.apply({ owner: 'base', links })
  return table
}
