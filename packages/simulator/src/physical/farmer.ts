import { type FarmerCoercion, isKeptBack } from '@groundwork/byzantine'
import {
  type ChainRules,
  type CheckedBlock,
  type Item,
  type OwnPlot,
  type PhysicalCore,
  type PhysicalObservation,
  plotIdOf,
  slotStartMs,
} from '@groundwork/physical-core'
import { type Bytes, equal, type KeyPair, type Prng, standInSignatures, toHex } from '@groundwork/primitives'
import type { FarmerBehaviour, PlannedFarmer } from '@groundwork/scenario'
import { physicalObservedFact, physicalTipFact, startingFacts, type TraceFact } from '@groundwork/trace'
import { coercions } from '../coercions.ts'
import { createHybridPart, type HybridPart, hybridDisk } from '../hybrid/part.ts'
import type { HybridWorld } from '../hybrid/world.ts'
import { type Life, lifecycle } from '../lifecycle.ts'
import type { SimulatedNetwork } from '../network.ts'
import type { VirtualTime } from '../virtual-time.ts'
import { farmerDisk } from './disk.ts'
import type { FarmMessage } from './messages.ts'
import { createPhysicalPart, type PhysicalPart } from './part.ts'
import { createPlace, type Place } from './place.ts'
import { createRefusals } from './refusals.ts'

export interface FarmerInit {
  readonly index: number
  readonly planned: PlannedFarmer
  readonly rules: ChainRules
  readonly keys: KeyPair
  readonly time: VirtualTime
  readonly network: SimulatedNetwork<FarmMessage>
  readonly random: Prng
  /** The name of the farmer with this key. */
  nameOf(publicKey: Bytes): string | null
  /** Whose key belongs to a node that is coerced now. */
  isAccomplice(publicKey: Bytes): boolean
  /** Null without a stake chain that leans on this one. */
  readonly world: HybridWorld | null
  emit(fact: TraceFact): void
}

/** One farmer's process with its disk. */
export interface SimulatedFarmer {
  readonly index: number
  readonly name: string
  readonly running: boolean
  /** Of the running process, for reading. */
  readonly core: PhysicalCore | undefined
  /** Its best chain, oldest first; empty while it is not running. */
  bestChain(): readonly CheckedBlock[]
  /** It speaks with this one. */
  isConnected(name: string): boolean
  start(): void
  kill(reason?: string): void
  pause(): void
  resume(): void
  wipe(): void
  /** Makes it misbehave until the result is called. */
  coerce(behaviours: readonly FarmerBehaviour[]): () => void
  /** A client hands it items for the chain. False if it does not answer. */
  offer(items: readonly Item[]): boolean
  /** Writes down what was counted since the last time. */
  flush(): void
}

export function simulatedFarmer(init: FarmerInit): SimulatedFarmer {
  const { index, planned, rules, keys, time, network, emit } = init
  const { name, skewMs, timelord } = planned
  const disk = farmerDisk()
  const refusals = createRefusals(emit)
  const lives = lifecycle(time, (paused) => network.setPaused(index, paused))
  const coercion = coercions<FarmerBehaviour>()
  const { behaviour } = planned
  const coerced: FarmerCoercion = { does: coercion.does, isAccomplice: init.isAccomplice }
  if (behaviour !== null) coercion.begin([behaviour])
  let part: PhysicalPart | undefined
  let hybrid: HybridPart | null = null
  const derived = hybridDisk()

  const sign = (message: Bytes): Bytes => standInSignatures.sign(keys.secretKey, message)
  const plots: OwnPlot[] = Array.from({ length: planned.plots }, (_, plot) => ({
    plotId: plotIdOf(keys.publicKey, plot),
    k: planned.k,
  }))

  const observed = (observation: PhysicalObservation, core: PhysicalCore): void => {
    if (observation.kind === 'slot-known') {
      const lateMs = time.now() + skewMs - slotStartMs(rules.genesis, observation.slot)
      return emit({ kind: 'slot-proof', slot: observation.slot, lateMs })
    }
    const fact = physicalObservedFact(observation, rules, core.chain())
    if (fact !== null) emit(fact)
  }

  /** Whoever lacks the plot has nothing to answer a measurement with. */
  const receive = (own: PhysicalPart, place: Place, from: string, message: FarmMessage): boolean => {
    if (message.kind === 'place-challenge') {
      if (plots.some(({ plotId }) => equal(plotId, message.plotId)))
        own.send(from, { ...message, kind: 'place-answer' })
      return true
    }
    if (message.kind !== 'place-answer') return false
    place.answered(from, message.plotId, message.nonce)
    return true
  }

  const hybridOf = (own: PhysicalPart, life: Life): HybridPart | null =>
    init.world === null
      ? null
      : createHybridPart({
          world: init.world,
          life,
          part: own,
          blocks: disk,
          disk: derived,
          validator: null,
          farmer: { publicKey: keys.publicKey, sign },
          plots,
          slotMs: rules.parameters.slotMs,
          emit,
          refuse: refusals.count,
          viewed: () => {},
        })
  /** Without a stake chain to make sense of them all items are alike. */
  const offerTo = (own: PhysicalPart, items: readonly Item[], from: string | null): void => {
    if (hybrid !== null) return hybrid.offer(items, from)
    own.step({ kind: 'items', items: items.map((item) => ({ item, priority: 0 })), from })
  }

  const kill = (reason = 'killed'): void => {
    if (!lives.end()) return
    part = undefined
    hybrid = null
    refusals.flush()
    emit({ kind: 'node-stopped', reason })
    network.detach(index)
  }

  const start = (): void => {
    if (lives.running) return
    const life = lives.begin()
    const own = createPhysicalPart({
      rules,
      life,
      time,
      skewMs,
      network,
      index,
      random: init.random,
      disk,
      farming: { publicKey: keys.publicKey, sign, plots, timelord, coercion: coerced },
      speaksWith: () => true,
      emit,
      refuse: refusals.count,
      tip: (effect) => emit(physicalTipFact(effect)),
      observed,
      receive: (from, message) => receive(own, place, from, message),
      offer: (items, from) => offerTo(own, items, from),
      tipped: () => both?.followTip(),
      ticked(slot) {
        place.look()
        both?.tick(slot)
      },
    })
    const both = hybridOf(own, life)
    hybrid = both
    const place = createPlace({
      rules,
      core: own.core,
      publicKey: keys.publicKey,
      sign,
      peerOf: (farmer) => {
        const peer = init.nameOf(farmer)
        return peer !== null && own.peers.has(peer) ? peer : null
      },
      send: own.send,
      schedule: life.schedule,
      now: () => time.now(),
      emit,
      refuse: refusals.count,
      offer: (item) => own.step({ kind: 'items', items: [{ item, priority: 0 }], from: null }),
    })
    part = own
    emit({
      kind: 'farmer-started',
      pid: 0,
      chain: toHex(rules.chainId),
      engine: rules.parameters.engine,
      lottery: 'simulated',
      vdf: rules.parameters.vdf.kind === 'none' ? 'none' : 'stand-in',
      signatures: 'stand-in',
      timelord,
      plots: plots.map(({ plotId, k }) => ({ plot: toHex(plotId), k, region: planned.claims })),
      byzantine: behaviour === null ? [] : [behaviour],
    })
    for (const fact of startingFacts(rules, own.core)) emit(fact)
    own.start()
    both?.followTip()
  }

  return {
    index,
    name,
    get running() {
      return lives.running
    },
    get core() {
      return part?.core
    },
    bestChain: () => (part === undefined ? [] : disk.lineage(part.core.tip().hash, Number.POSITIVE_INFINITY)),
    isConnected: (peer) => part?.peers.has(peer) ?? false,
    start,
    kill,
    pause: lives.pause,
    resume: lives.resume,
    wipe() {
      kill('wiped')
      disk.wipe()
      Object.assign(derived, hybridDisk())
    },
    coerce: coercion.begin,
    offer(items) {
      if (part === undefined || lives.paused) return false
      // Whoever keeps items back says so to nobody.
      const passed = items.filter((item) => !isKeptBack(coerced, item))
      if (passed.length > 0) offerTo(part, passed, null)
      return true
    },
    flush: refusals.flush,
  }
}
