import { type Clock, memoryJournal } from '@groundwork/host/pure'
import type { PhysicalInput } from '@groundwork/hybrid-core'
import {
  type ChainRules,
  createPhysicalCore,
  type PhysicalCore,
  type PhysicalJournalEntry,
  type PhysicalMessage,
} from '@groundwork/physical-core'
import {
  type Checker,
  type CheckPool,
  createChecker,
  createPhysicalHost,
  messageIn,
  type PhysicalHost,
  type PhysicalTransport,
  type TipEffect,
} from '@groundwork/physical-host/pure'
import { assert, type Bytes, toHex } from '@groundwork/primitives'
import type { Verify } from '@groundwork/stake-core'
import { createBlockMemory } from './block-memory.ts'
import type { Sources } from './sources.ts'

export interface PhysicalFollowerInit {
  readonly rules: ChainRules
  readonly sources: Sources
  readonly clock: Clock
  /** Milliseconds since 1970. */
  readonly wallMs: () => number
  /** From 0 to below 1. */
  readonly random: () => number
  readonly verify: Verify
  /** Checks beside the event loop; without one everything is checked here. */
  readonly pool?: CheckPool
  readonly onTip: (step: PhysicalStep) => void
  readonly onFailure: (error: unknown) => void
}

/** The best chain moved: blocks left it (newest first) and joined it (oldest first). */
export interface PhysicalStep extends Pick<TipEffect, 'tip' | 'reverted'> {
  readonly adopted: readonly PhysicalInput[]
}

export interface PhysicalFollower {
  readonly core: PhysicalCore
  readonly checker: Checker
  readonly host: PhysicalHost
  start(): void
  /** Asks every source how its chain is. */
  poll(): Promise<void>
  /** The greatest height that a source claims. */
  readonly claimed: number
  stop(): void
}

/** A status has 58 bytes; an answer stops growing at two megabytes, and one block more is a megabyte at most. */
const maxStatusBytes = 128
const maxAnswerBytes = 4 * 1024 * 1024
const keepBlocks = 2_560
const path = '/v1/physical'
const asks: ReadonlySet<PhysicalMessage['kind']> = new Set([
  'block-request',
  'range-request',
  'slots-request',
])
const answers: ReadonlySet<PhysicalMessage['kind']> = new Set(['blocks', 'slots'])

/** A node of the physical chain that neither farms nor serves: requests of its host are asked of the sources. */
export function createPhysicalFollower(init: PhysicalFollowerInit): PhysicalFollower {
  const { rules, sources, clock } = init
  const core = createPhysicalCore({ rules, farmer: null, timelord: false })
  const checker = createChecker(rules, init.verify)
  const memory = createBlockMemory(keepBlocks)
  /** Sources that serve this chain. */
  const up = new Set<string>()
  const heights = new Map<string, number>()
  let isStopped = false

  const down = (name: string): void => {
    if (up.delete(name)) host.peerDown(name)
  }
  const ask = async (name: string, request: Bytes): Promise<void> => {
    const answer = await sources.ask(name, `${path}?request=${toHex(request)}`, maxAnswerBytes)
    if (isStopped) return
    if (answer === undefined || answer === null) return down(name)
    if (isOneOf(answers, answer)) return host.onFrame(name, answer, 'direct')
    sources.blame(name, 'physical-answer')
    down(name)
  }
  const transport: PhysicalTransport = {
    broadcast() {},
    publish() {},
    connected: () => [...up],
    send(to, frame) {
      if (isOneOf(asks, frame)) void ask(to, frame)
    },
    penalize(name, reason) {
      sources.blame(name, reason)
      if (!sources.names.includes(name)) down(name)
    },
  }
  const host = createPhysicalHost({
    rules,
    core,
    journal: memoryJournal<PhysicalJournalEntry>(),
    store: memory.store,
    checker,
    pool: init.pool ?? inlinePool(checker, clock),
    transport: () => transport,
    clock,
    wallMs: init.wallMs,
    random: init.random,
    events: {
      observed() {},
      tip({ tip, reverted, adopted }) {
        const blocks = adopted.map((hash): PhysicalInput => {
          const [checked, chain] = [memory.block(hash), core.chainOf(hash)]
          assert(checked !== undefined && chain !== null, 'what joins the best chain is remembered')
          return { block: checked.block, hash, epoch: chain.epoch }
        })
        init.onTip({ tip, reverted, adopted: blocks })
      },
      // What a source is to blame for comes through the transport.
      refused() {},
      failed: init.onFailure,
    },
  })

  const status = async (name: string): Promise<void> => {
    const answer = await sources.ask(name, path, maxStatusBytes)
    if (isStopped) return
    if (answer === undefined || answer === null) return down(name)
    const message = messageIn(answer)
    if (typeof message === 'string' || message.kind !== 'status') {
      sources.blame(name, 'physical-status')
      return down(name)
    }
    up.add(name)
    heights.set(name, Math.min(message.status.height, host.slotNow()))
    host.onFrame(name, answer, 'direct')
  }

  return {
    core,
    checker,
    host,
    start: host.start,
    async poll() {
      await Promise.all(sources.names.map(status))
    },
    get claimed() {
      return Math.max(core.tip().height, ...sources.names.map((name) => heights.get(name) ?? 0))
    },
    stop() {
      isStopped = true
      host.stop()
    },
  }
}

function isOneOf(kinds: ReadonlySet<PhysicalMessage['kind']>, frame: Bytes): boolean {
  const message = messageIn(frame)
  return typeof message !== 'string' && kinds.has(message.kind)
}

/** So that a page stays alive, the event loop has its turn after each proof. */
function inlinePool(checker: Checker, clock: Clock): CheckPool {
  const turn = () => new Promise<void>((resolve) => clock.schedule(0, resolve))
  const each = async <T, V>(all: readonly T[], check: (one: T) => V): Promise<V[]> => {
    const verdicts: V[] = []
    for (const one of all) {
      verdicts.push(check(one))
      await turn()
    }
    return verdicts
  }
  return {
    blocks: (blocks) => each(blocks, checker.block),
    slots: (proofs) =>
      each(proofs, (proof) => (checker.slot(proof) ? { quality: proof.seed } : { reason: 'vdf' })),
    stop: async () => {},
  }
}
