import {
  type ChainRules,
  createChainSync,
  createPhysicalCore,
  type OwnPlot,
  type PhysicalCore,
  type PhysicalEffect,
  type PhysicalEvent,
  type PhysicalMessage,
  plotIdOf,
  slotAt,
  slotStartMs,
} from '@groundwork/physical-core'
import { type Bytes, equal, type KeyPair, type Prng, standInSignatures, toHex } from '@groundwork/primitives'
import type { PlannedFarmer } from '@groundwork/scenario'
import {
  type PhysicalFact,
  physicalEpochFact,
  physicalObservedFact,
  physicalTipFact,
  startingTipFact,
  type TraceFact,
} from '@groundwork/trace'
import type { SimulatedNetwork } from '../network.ts'
import type { VirtualTime } from '../virtual-time.ts'
import { type FarmerDisk, farmerDisk } from './disk.ts'
import type { FarmMessage } from './messages.ts'
import { modelEvaluationMs, modelProof, modelSlotProof, modelTickets } from './model.ts'
import { createPeers, type Peers } from './peers.ts'
import { createPlace, type Place } from './place.ts'
import type { Tactic, TacticFactory } from './tactic.ts'

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
  /** What it does in the place of the honest program. */
  readonly tactic: TacticFactory | null
  emit(fact: TraceFact): void
}

/** One farmer's process with its disk. */
export interface SimulatedFarmer {
  readonly index: number
  readonly name: string
  readonly running: boolean
  /** Of the running process, for reading. */
  readonly core: PhysicalCore | undefined
  start(): void
  kill(reason?: string): void
  pause(): void
  resume(): void
  wipe(): void
  /** Writes down what was counted since the last time. */
  flush(): void
}

interface Life {
  readonly core: PhysicalCore
  readonly peers: Peers
  readonly place: Place
  readonly tactic: Tactic | null
  readonly connected: Set<string>
}

const lookUpMs = 1
const provingMs = 6
const statusEverySlots = 4

export function simulatedFarmer(init: FarmerInit): SimulatedFarmer {
  const { index, planned, rules, keys, time, network, emit } = init
  const { name, skewMs, timelord } = planned
  const disk: FarmerDisk = farmerDisk()
  const refused = new Map<string, number>()
  const held: (() => void)[] = []
  let life: Life | undefined
  let paused = false

  const sign = (message: Bytes): Bytes => standInSignatures.sign(keys.secretKey, message)
  const plots: OwnPlot[] = Array.from({ length: planned.plots }, (_, plot) => ({
    plotId: plotIdOf(keys.publicKey, plot),
    k: planned.k,
  }))
  const slotNow = (): number => slotAt(rules.genesis, time.now() + skewMs)
  const refuse = (reason: string): void => void refused.set(reason, (refused.get(reason) ?? 0) + 1)

  /** Runs `action` unless this process has died by then; when it is continued, if it is paused. */
  const whenAlive = (own: Life, action: () => void): void => {
    if (life !== own) return
    if (paused) held.push(() => whenAlive(own, action))
    else action()
  }
  const later = (own: Life, afterMs: number, action: () => void): void =>
    time.schedule(afterMs, () => whenAlive(own, action))
  const send = (own: Life, to: string, message: FarmMessage): void => {
    if (life === own) network.send(index, network.indexOf(to), message)
  }
  const broadcast = (own: Life, message: PhysicalMessage): void => {
    for (const peer of own.connected) send(own, peer, message)
  }

  const step = (own: Life, event: PhysicalEvent): void => {
    if (life !== own) return
    for (const effect of own.core.step(event)) perform(own, effect)
    if (event.kind !== 'clock') own.peers.sync({ kind: 'progress' })
    own.tactic?.stepped()
  }

  const perform = (own: Life, effect: PhysicalEffect): void => {
    const { core } = own
    switch (effect.kind) {
      case 'persist':
      case 'store-block':
      case 'store-slot':
      case 'store-snapshot':
        return disk.keep(effect)
      case 'broadcast':
        return own.tactic?.withholds(effect.message) === true ? undefined : broadcast(own, effect.message)
      case 'tip':
        return emit(physicalTipFact(effect))
      case 'look-up': {
        const { plotId, k, slot, seed, slotChallenge } = effect
        const tickets = modelTickets(plotId, k, slotChallenge)
        return later(own, lookUpMs, () => step(own, { kind: 'looked-up', plotId, slot, seed, tickets }))
      }
      case 'prove': {
        const { plotId, slot, seed, quality, handle } = effect
        const proof = modelProof(rules, planned.k, handle)
        return later(own, provingMs, () => step(own, { kind: 'proved', plotId, slot, seed, quality, proof }))
      }
      case 'evaluate':
        return evaluate(own, effect)
      case 'fetch':
        return own.peers.fetch(effect.want, effect.hint)
      case 'observe': {
        const { observation } = effect
        if (observation.kind === 'refused') return refuse(observation.reason)
        if (observation.kind === 'slot-known') {
          const lateMs = time.now() + skewMs - slotStartMs(rules.genesis, observation.slot)
          return emit({ kind: 'slot-proof', slot: observation.slot, lateMs })
        }
        const fact = physicalObservedFact(observation, rules, core.chain())
        return fact === null ? undefined : emit(fact)
      }
    }
  }

  /** What is asked for later replaces it: by then the core wants another slot. */
  const evaluate = (own: Life, asked: Extract<PhysicalEffect, { kind: 'evaluate' }>): void => {
    const { slot, seed, previous, squarings } = asked
    const evaluateMs = modelEvaluationMs(squarings)
    later(own, evaluateMs, () => {
      const { evaluating } = own.core.state
      if (evaluating?.slot !== slot || !equal(evaluating.seed, seed)) return
      emit({ kind: 'vdf', slot, evaluateMs, lagSlots: Math.max(0, slotNow() - slot) })
      step(own, { kind: 'evaluated', proof: modelSlotProof(slot, seed, previous) })
    })
  }

  const tick = (own: Life): void => {
    const slot = slotNow()
    step(own, { kind: 'clock', slot })
    if (life !== own) return
    own.place.look()
    if (slot % statusEverySlots === 0) sayStatus(own)
    later(own, slotStartMs(rules.genesis, slot + 1) - skewMs - time.now(), () => tick(own))
  }
  const sayStatus = (own: Life): void => {
    const status = own.tactic?.status() ?? own.core.tip()
    broadcast(own, { kind: 'status', status })
  }

  const receive = (own: Life, from: string, message: FarmMessage): void => {
    if (message.kind === 'place-challenge') {
      // Whoever lacks the plot has nothing to answer with.
      if (plots.some(({ plotId }) => equal(plotId, message.plotId)))
        send(own, from, { ...message, kind: 'place-answer' })
    } else if (message.kind === 'place-answer') own.place.answered(from, message.plotId, message.nonce)
    else if (own.tactic?.receives(from, message) !== true) own.peers.receive(from, message)
  }

  const createLife = (): Life => {
    const stored = disk.stored()
    const core = createPhysicalCore({
      rules,
      farmer: { publicKey: keys.publicKey, sign },
      timelord,
      stored,
    })
    const connected = new Set<string>()
    const peers = createPeers({
      core,
      sync: createChainSync(),
      disk,
      genesisHash: rules.chainId,
      random: init.random,
      peers: () => [...connected],
      send: (to, message) => send(own, to, message),
      step: (event) => step(own, event),
      refuse,
      schedule: (afterMs, action) => later(own, afterMs, action),
    })
    const place = createPlace({
      rules,
      core,
      publicKey: keys.publicKey,
      sign,
      peerOf: (farmer) => {
        const peer = init.nameOf(farmer)
        return peer !== null && connected.has(peer) ? peer : null
      },
      send: (to, message) => send(own, to, message),
      schedule: (afterMs, action) => later(own, afterMs, action),
      now: () => time.now(),
      emit,
      refuse,
      offer: (item) => step(own, { kind: 'items', items: [{ item, priority: 0 }], from: null }),
    })
    const tactic =
      init.tactic?.({
        rules,
        core,
        broadcast: (message) => broadcast(own, message),
        step: (event) => step(own, event),
        deliver: (from, message) => peers.receive(from, message),
        block: (hash, ancestors) => disk.lineage(hash, ancestors).map(({ block }) => block),
      }) ?? null
    const own: Life = { core, peers, place, tactic, connected }
    return own
  }

  const kill = (reason = 'killed'): void => {
    if (life === undefined) return
    life = undefined
    paused = false
    held.length = 0
    self.flush()
    emit({ kind: 'node-stopped', reason })
    network.detach(index)
  }

  const start = (): void => {
    if (life !== undefined) return
    const own = createLife()
    life = own
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
      byzantine: planned.behaviour === null ? [] : [planned.behaviour],
    })
    emit(startingTipFact(own.core.tip()))
    emit(physicalEpochFact(rules, own.core.chain()) satisfies PhysicalFact)
    step(own, { kind: 'plots', plots })
    step(own, { kind: 'start', slot: slotNow() })
    network.attach(index, {
      receive: (from, message) => whenAlive(own, () => receive(own, from, message)),
      peerUp: (peer) =>
        whenAlive(own, () => {
          own.connected.add(peer)
          emit({ kind: 'peer-up', peer })
          send(own, peer, { kind: 'status', status: own.tactic?.status() ?? own.core.tip() })
        }),
      peerDown: (peer, reason) =>
        whenAlive(own, () => {
          own.connected.delete(peer)
          emit({ kind: 'peer-down', peer, reason })
          own.peers.sync({ kind: 'peer-down', peer })
        }),
    })
    later(own, Math.max(0, slotStartMs(rules.genesis, slotNow() + 1) - skewMs - time.now()), () => tick(own))
  }

  const self: SimulatedFarmer = {
    index,
    name,
    get running() {
      return life !== undefined
    },
    get core() {
      return life?.core
    },
    start,
    kill,
    pause() {
      if (life === undefined || paused) return
      paused = true
      network.setPaused(index, true)
    },
    resume() {
      if (!paused) return
      paused = false
      network.setPaused(index, false)
      for (const action of held.splice(0)) action()
    },
    wipe() {
      kill('wiped')
      disk.wipe()
    },
    flush() {
      if (refused.size === 0) return
      emit({ kind: 'physical-refused', counts: Object.fromEntries(refused) })
      refused.clear()
    },
  }
  return self
}
