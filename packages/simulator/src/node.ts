import type { StakeCoercion } from '@groundwork/byzantine'
import type { Ledger, TransactionBytes } from '@groundwork/ledger'
import type { Bytes } from '@groundwork/primitives'
import type {
  Certificate,
  Epoch,
  EpochStart,
  FinalizedBlock,
  Message,
  Observation,
  Parameters,
  Peer,
  StakeCore,
  ValidatorIndex,
  Verify,
} from '@groundwork/stake-core'
import { type SimulatedDisk, simulatedDisk } from './disk.ts'
import type { HybridPart } from './hybrid/part.ts'
import { type Life, lifecycle } from './lifecycle.ts'
import type { SimulatedNetwork } from './network.ts'
import { createProcess, type Process, pureStart } from './process.ts'
import type { VirtualTime } from './virtual-time.ts'

/** What a process lets the outside see. */
export type NodeFact =
  | { readonly kind: 'started' }
  | { readonly kind: 'stopped'; readonly reason: string }
  | { readonly kind: 'peer-up'; readonly peer: Peer }
  | { readonly kind: 'peer-down'; readonly peer: Peer; readonly reason: string }
  | { readonly kind: 'rejected'; readonly reason: string; readonly from: Peer }
  | {
      readonly kind: 'finalized'
      readonly blocks: readonly FinalizedBlock[]
      readonly certificate: Certificate
      /** Number of the stake chain's epoch; views begin anew in each. */
      readonly epoch: number
    }
  | { readonly kind: 'observed'; readonly observation: Observation; readonly epoch: number }
  /** R11: the node signs in this epoch from now on. */
  | { readonly kind: 'entered'; readonly epoch: Epoch }
  /** A message that left the process. */
  | { readonly kind: 'said'; readonly message: Message }

export interface NodeInit {
  readonly index: number
  readonly name: Peer
  readonly validator: ValidatorIndex
  /** The first. */
  readonly epoch: Epoch
  /** kappa of the physical chain; 0 without one. */
  readonly kappa: number
  readonly parameters: Parameters
  readonly genesis: Ledger
  readonly time: VirtualTime
  readonly network: SimulatedNetwork
  readonly sign: (message: Bytes) => Bytes
  readonly verify: Verify
  /** Whether checking a signature is worth a cache. */
  readonly remember: boolean
  /** The validator's, while it lasts; an honest one has none. */
  readonly coercion: StakeCoercion
  /** What a Byzantine node runs in the place of the honest core. */
  readonly corrupt: ((core: StakeCore) => StakeCore) | null
  /** How long a sync of the disk takes. */
  readonly syncMs: () => number
  readonly observe: (node: SimulatedNode, fact: NodeFact) => void
  /** What else the process runs, on the same disk and under the same fate. */
  readonly beside?: Beside
}

/** A part of a process that lives and dies with it. */
export interface Beside {
  /** The process is being made; nothing is said yet. */
  began(life: Life): void
  started(): void
  ended(): void
  setPaused(paused: boolean): void
  wiped(): void
  /** What it makes of both chains; null without a stake chain that leans on the physical one, and while it does not run. */
  readonly hybrid: HybridPart | null
  /** Told whenever the physical chain, or the clock, has moved. */
  onView(listener: () => void): void
}

/** One validator process with its disk: it may die at any moment, also between two effects of one step. */
export interface SimulatedNode {
  readonly index: number
  readonly name: Peer
  readonly validator: ValidatorIndex
  readonly running: boolean
  readonly paused: boolean
  /** The core of the running process, for reading. */
  readonly core: StakeCore | undefined
  readonly disk: SimulatedDisk
  /** Where its chain begins; on a chain that leans on the physical one, as a running process sees that. */
  genesis(): EpochStart
  /** How fast its clock runs; 1 is right. */
  clockRate: number
  start(): void
  /** Ends the process at once: what was not synced is lost. */
  kill(reason?: string): void
  /** Ends it when it is about to perform the `effects`-th effect from now. */
  killWithin(effects: number): void
  pause(): void
  resume(): void
  /** Loses the disk; the process must not be running. */
  wipe(): void
  /** A client hands in transactions. Null if they were taken, else why not. */
  submit(transactions: readonly TransactionBytes[]): string | null
}

export function simulatedNode(init: NodeInit): SimulatedNode {
  const { index, name, time, network } = init
  /** The end of the sync that the process waits for: nothing leaves it and nothing enters it before. */
  let busyUntilMs = 0
  let effectsLeft = Number.POSITIVE_INFINITY
  let process: Process | undefined
  const lives = lifecycle(time, (paused) => {
    network.setPaused(index, paused)
    init.beside?.setPaused(paused)
  })

  const disk = simulatedDisk(init.genesis, () => {
    const syncMs = init.syncMs()
    if (syncMs > 0) busyUntilMs = Math.max(busyUntilMs, time.now()) + syncMs
    return Math.max(busyUntilMs, time.now())
  })

  const kill = (reason = 'killed'): void => {
    if (!lives.end()) return
    process?.driver.stop()
    process = undefined
    busyUntilMs = 0
    disk.crash(time.now())
    network.detach(index)
    init.beside?.ended()
    init.observe(node, { kind: 'stopped', reason })
  }

  const start = (): void => {
    if (lives.running) return
    effectsLeft = Number.POSITIVE_INFINITY
    const life = lives.begin()
    init.beside?.began(life)
    const own: Process = createProcess(init, node, disk, {
      mayPerform() {
        if (--effectsLeft > 0) return true
        kill('killed in a step')
        return false
      },
      /** Runs `action` when the process is neither paused nor waiting for its disk, unless it has died by then. */
      whenIdle(action) {
        const attempt = (): void =>
          life.whenRunning(() => {
            if (busyUntilMs > time.now()) time.at(busyUntilMs, attempt)
            else action()
          })
        attempt()
      },
      /** Runs an effect's outside part once the writes before it are durable. */
      whenDurable(action) {
        if (life.over) return
        if (busyUntilMs <= time.now()) return action()
        time.at(busyUntilMs, () => {
          if (!life.over) action()
        })
      },
    })
    process = own
    init.observe(node, { kind: 'started' })
    own.driver.deliver({ kind: 'start', signing: true })
    if (life.over) return
    network.attach(index, own.endpoint)
    init.beside?.started()
  }

  const node: SimulatedNode = {
    index,
    name,
    validator: init.validator,
    disk,
    genesis: () => init.beside?.hybrid?.stakeStart(null) ?? pureStart(init.epoch, init.genesis),
    clockRate: 1,
    get running() {
      return lives.running
    },
    get paused() {
      return lives.paused
    },
    get core() {
      return process?.driver.core
    },
    start,
    kill,
    killWithin(effects) {
      effectsLeft = effects
    },
    pause: lives.pause,
    resume: lives.resume,
    wipe() {
      kill('wiped')
      disk.wipe()
      init.beside?.wiped()
    },
    submit(transactions) {
      return process === undefined || lives.paused ? 'unreachable' : process.submit(transactions)
    },
  }
  return node
}
