import {
  createDriver,
  type Driver,
  type EpochNode,
  type MemoryBlockStore,
  type MemoryJournal,
  memoryBlockStore,
  memoryJournal,
} from '../../packages/host/src/index.ts'
import {
  encodeCheckpoint,
  encodeCheckpointBodies,
  resumeAt,
  startAt,
} from '../../packages/hybrid-core/src/index.ts'
import { type HarnessInit, harness, type Party } from '../../packages/hybrid-core/test/harness.ts'
import { viewOf } from '../../packages/hybrid-core/test/view.ts'
import type { Item } from '../../packages/physical-core/src/index.ts'
import { type Bytes, equal, type Hex, standInSignatures, toHex } from '../../packages/primitives/src/index.ts'
import {
  type Certificate,
  createAdmitter,
  createCore,
  type EndProof,
  type EpochStart,
  type FinalizedBlock,
  type JournalEntry,
  type Message,
  type Observation,
  type Parameters,
  type Vote,
} from '../../packages/stake-core/src/index.ts'

const parameters: Parameters = {
  minViewTimeMs: 50,
  timeoutBaseMs: 500,
  timeoutMaxMs: 5_000,
  standstillMs: 400,
  fetchRetryMs: 200,
  fetchRetryMaxMs: 1_000,
  maxBodyBytes: 65_536,
  maxBodyTransactions: 100,
  maxSkips: 64,
}
const delayMs = 10

export interface ClusterInit extends HarnessInit {
  /** Between physical blocks. */
  readonly slotMs?: number
  /** Nodes without a vote, at first. */
  readonly followers?: readonly Party[]
  /** Validators of whom a second process runs with the same key. */
  readonly twins?: readonly number[]
}

export interface ClusterNode {
  readonly name: string
  readonly party: Party
  readonly journal: MemoryJournal
  readonly store: MemoryBlockStore
  readonly observations: readonly Observation[]
  /** Everything ever said under the key by this process, over restarts. */
  readonly votes: readonly Vote[]
  readonly epochs: readonly EpochStart[]
  readonly rejected: readonly string[]
  driver: Driver | null
  /** Whether views of the physical chain come in. */
  sees: boolean
  crash(): void
  restart(): void
}

interface Segment {
  readonly blocks: readonly FinalizedBlock[]
  readonly certificate: Certificate
  readonly end: EndProof | undefined
}

/** Validators in virtual time over one physical chain, which all see alike and which carries what they finalize. */
export function hybridCluster({ slotMs = 200, followers = [], twins = [], ...init }: ClusterInit) {
  const h = harness(init)
  const queue: { atMs: number; order: number; run: () => void }[] = []
  let nowMs = 0
  let order = 0
  const nodes: ClusterNode[] = []
  /** What a farmer could have heard: final segments by the hash of their parent. */
  const segments = new Map<Hex, Segment>()
  const cluster = {
    h,
    nodes,
    cut: (_from: ClusterNode, _to: ClusterNode) => false,
    /** What the next physical block carries beside a checkpoint. */
    items: [] as Item[],
    checkpoints: true,
    mining: true,
    now: () => nowMs,
    run,
    height: () => Math.max(...nodes.map(({ store }) => store.newest?.height ?? 0)),
  }

  function schedule(afterMs: number, action: () => void): void {
    queue.push({ atMs: nowMs + afterMs, order: order++, run: action })
  }

  function run(forMs: number, until: () => boolean = () => false): boolean {
    const endMs = nowMs + forMs
    while (queue.length > 0 && !until()) {
      let next = 0
      for (let i = 1; i < queue.length; i++) {
        const [a, b] = [queue[i]!, queue[next]!]
        if (a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)) next = i
      }
      if (queue[next]!.atMs > endMs) break
      const [due] = queue.splice(next, 1)
      nowMs = due!.atMs
      due!.run()
    }
    if (until()) return true
    nowMs = endMs
    return false
  }

  function checkpointItems(): Item[] {
    const { epoch, tip } = h.state
    const blocks: FinalizedBlock[] = []
    let last: Segment | undefined
    for (let at = segments.get(toHex(tip.hash)); at !== undefined; ) {
      if (!equal(at.blocks[0]!.block.header.epochId, epoch.id)) break
      blocks.push(...at.blocks)
      last = at
      at = segments.get(toHex(at.blocks.at(-1)!.hash))
    }
    if (last === undefined) return []
    const justified = blocks.map(({ block }) => block)
    const path = (last.end?.children ?? []).map(({ block }) => block.header)
    const bodies = justified.map(({ body }) => body)
    return [
      { kind: 'checkpoint-bodies', bytes: encodeCheckpointBodies({ tip: blocks.at(-1)!.hash, bodies }) },
      { kind: 'checkpoint', bytes: encodeCheckpoint({ blocks: justified, path, final: last.certificate }) },
    ]
  }

  function mine(): void {
    schedule(slotMs, mine)
    if (!cluster.mining) return
    const items = cluster.items.splice(0)
    h.mine([...(cluster.checkpoints ? checkpointItems() : []), ...items])
    for (const node of nodes) if (node.sees) node.driver?.deliver({ kind: 'physical', view: viewOf(h) })
  }

  function transmit(from: ClusterNode, to: ClusterNode, message: Message): void {
    if (cluster.cut(from, to)) return
    schedule(delayMs, () => to.driver?.receive(message, from.name))
  }

  function addNode(name: string, party: Party): void {
    const journal = memoryJournal()
    const store = memoryBlockStore(h.states[0]!.execution.ledger)
    const observations: Observation[] = []
    const votes: Vote[] = []
    const epochs: EpochStart[] = []
    const rejected: string[] = []

    const create = (start: EpochStart, entries: readonly JournalEntry[]): EpochNode => {
      const { epoch, head, position, rules } = start
      const index = epoch.validators.validators.findIndex(({ publicKey }) =>
        equal(publicKey, party.publicKey),
      )
      const core = createCore({
        epoch,
        self: index < 0 ? null : index,
        parameters,
        sign: (message: Bytes) => h.sign(party, message),
        head,
        position,
        rules,
        journal: entries,
      })
      const { verify } = standInSignatures
      const admitter = createAdmitter({
        epoch,
        parameters,
        verify,
        rules,
        remember: false,
        state: core.state,
      })
      return { core, admitter }
    }

    const say = (message: Message, to: readonly ClusterNode[]) => {
      if (message.kind === 'vote') votes.push(message.vote)
      for (const one of to) transmit(node, one, message)
    }

    const begin = (start: EpochStart, entries: readonly JournalEntry[]): void => {
      const driver: Driver = createDriver({
        ...create(start, entries),
        nextEpoch: create,
        journaled: entries,
        network: {
          broadcast: (message) =>
            say(
              message,
              nodes.filter((other) => other !== node),
            ),
          send: (to, message) =>
            say(
              message,
              nodes.filter((other) => other.name === to),
            ),
        },
        journal,
        store,
        clock: {
          now: () => nowMs,
          schedule: (afterMs, action) => schedule(afterMs, () => node.driver === driver && action()),
        },
        events: {
          observed: (observation) => void observations.push(observation),
          finalized: (blocks, certificate, end) => {
            segments.set(toHex(blocks[0]!.block.header.parentHash), { blocks, certificate, end })
          },
          entered: (next) => void epochs.push(next),
          rejected: (reason) => void rejected.push(reason),
          foreignVote: () => {},
          failed(error) {
            throw error
          },
        },
      })
      node.driver = driver
    }

    const announce = (): void => {
      for (const other of nodes) {
        if (other === node || other.driver === null) continue
        node.driver?.deliver({ kind: 'peer-up', peer: other.name })
        other.driver.deliver({ kind: 'peer-up', peer: node.name })
      }
      node.driver?.deliver({ kind: 'start', signing: true })
    }

    const node: ClusterNode = {
      name,
      party,
      journal,
      store,
      observations,
      votes,
      epochs,
      rejected,
      driver: null,
      sees: true,
      crash() {
        node.driver?.stop()
        node.driver = null
        for (const other of nodes) other.driver?.deliver({ kind: 'peer-down', peer: name })
      },
      restart() {
        const view = viewOf(h)
        const { confirmed } = view
        const newest = store.newest
        const resumed = resumeAt(h.context, view, confirmed, {
          head: newest?.hash ?? h.epochZero.genesisHash,
          blocks: store.blocks.slice(confirmed.tip.height),
          certificate: newest?.certificate ?? null,
          journal: journal.entries,
        })
        if (resumed === null) throw new Error('what is stored cannot be executed')
        const { start, isRebased } = resumed
        if (isRebased) store.rebase(start.head, start.position.ledger)
        begin(start, [...journal.entries])
        announce()
      },
    }
    nodes.push(node)
    begin(startAt(h.context, viewOf(h), h.state), [])
  }

  for (const [i, party] of h.validators.entries()) addNode(`${i}`, party)
  for (const party of followers) addNode(party.name, party)
  for (const i of twins) addNode(`twin ${i}`, h.validators[i]!)
  for (const node of nodes) {
    for (const other of nodes) if (other !== node) node.driver!.deliver({ kind: 'peer-up', peer: other.name })
  }
  for (const node of nodes) node.driver!.deliver({ kind: 'start', signing: true })
  schedule(slotMs, mine)
  return cluster
}

/** What every node stored at a height, in hexadecimal; one string if all agree. */
export function hashesAt(nodes: readonly ClusterNode[], height: number): string[] {
  const held = nodes.flatMap(({ store }) => store.blocks[height - 1] ?? [])
  return [...new Set(held.map(({ hash }) => toHex(hash)))]
}

/** Votes of one process that contradict each other. */
export function contradictions(votes: readonly Vote[]): string[] {
  const found: string[] = []
  const byView = new Map<string, Vote[]>()
  for (const vote of votes) {
    const key = `${toHex(vote.epochId)}:${vote.view}:${vote.voter}`
    byView.set(key, [...(byView.get(key) ?? []), vote])
  }
  for (const [key, said] of byView) {
    for (const a of said) {
      for (const b of said) {
        const isDouble = a.type === b.type && !equal(a.hash, b.hash)
        if (isDouble || (a.type === 'final' && b.type === 'skip')) found.push(`${key} ${a.type} ${b.type}`)
      }
    }
  }
  return found
}
