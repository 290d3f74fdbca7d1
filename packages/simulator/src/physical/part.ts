import { coercibleFarmer, type FarmerCoercion, isKeptBack, secondBlock } from '@groundwork/byzantine'
import {
  type ChainRules,
  createChainSync,
  createPhysicalCore,
  type Item,
  type OwnPlot,
  type PhysicalCore,
  type PhysicalEffect,
  type PhysicalEvent,
  type PhysicalMessage,
  type PhysicalObservation,
  type Stored,
  slotAt,
  slotStartMs,
} from '@groundwork/physical-core'
import { type Bytes, equal, type Prng } from '@groundwork/primitives'
import type { TraceFact } from '@groundwork/trace'
import type { Life } from '../lifecycle.ts'
import type { SimulatedNetwork } from '../network.ts'
import type { VirtualTime } from '../virtual-time.ts'
import type { FarmerDisk } from './disk.ts'
import type { FarmMessage } from './messages.ts'
import { modelEvaluationMs, modelProof, modelSlotProof, modelTickets } from './model.ts'
import { createPeers } from './peers.ts'

export type TipEffect = Extract<PhysicalEffect, { kind: 'tip' }>

/** What a process does on the physical chain in one of its lives. */
export interface PhysicalPartInit {
  readonly rules: ChainRules
  readonly life: Life
  readonly time: VirtualTime
  /** How far the process's clock is ahead, ms. */
  readonly skewMs: number
  readonly network: SimulatedNetwork<FarmMessage>
  /** In that network. */
  readonly index: number
  readonly random: Prng
  readonly disk: FarmerDisk
  /** Whose blocks it makes; null: it follows. */
  readonly farming: Farming | null
  /** With whom it speaks. */
  speaksWith(peer: string): boolean
  emit(fact: TraceFact): void
  refuse(reason: string): void
  tip(effect: TipEffect, core: PhysicalCore): void
  observed(observation: PhysicalObservation, core: PhysicalCore): void
  /** True if the message was for another part than the chain. */
  receive(from: string, message: FarmMessage): boolean
  /** Somebody hands it items that wait for a block. */
  offer(items: readonly Item[], from: string): void
  /** A step that changed the best chain is over. */
  tipped(): void
  /** A slot begins. */
  ticked(slot: number): void
}

export interface Farming {
  readonly publicKey: Bytes
  sign(message: Bytes): Bytes
  readonly plots: readonly OwnPlot[]
  readonly timelord: boolean
  readonly coercion: FarmerCoercion
}

export interface PhysicalPart {
  readonly core: PhysicalCore
  /** Connected to it, and spoken with. */
  readonly peers: ReadonlySet<string>
  slotNow(): number
  step(event: PhysicalEvent): void
  send(to: string, message: FarmMessage): void
  start(): void
}

const lookUpMs = 1
const provingMs = 6
const statusEverySlots = 4

export function createPhysicalPart(init: PhysicalPartInit): PhysicalPart {
  const { rules, life, time, network, index, skewMs, disk, farming, emit } = init
  const resume = (stored: Stored): PhysicalCore =>
    createPhysicalCore({
      rules,
      farmer: farming === null ? null : { publicKey: farming.publicKey, sign: farming.sign },
      timelord: farming?.timelord ?? false,
      stored,
    })
  const honest = resume(disk.stored())
  const core =
    farming === null ? honest : coercibleFarmer(honest, { rules, coercion: farming.coercion, resume })
  const connected = new Set<string>()
  const slotNow = (): number => slotAt(rules.genesis, time.now() + skewMs)
  const send = (to: string, message: FarmMessage): void => {
    if (!life.over) network.send(index, network.indexOf(to), message)
  }
  const broadcast = (message: PhysicalMessage): void => {
    for (const peer of connected) send(peer, message)
  }

  /** A farmer that farms twice shows each half of its peers another block. */
  const tell = (message: PhysicalMessage): void => {
    if (message.kind !== 'block' || farming?.coercion.does('double-farm') !== true) return broadcast(message)
    const second = { kind: 'block', block: secondBlock(rules, message.block, farming.sign) } as const
    for (const [at, peer] of [...connected].entries()) send(peer, at % 2 === 0 ? message : second)
  }
  const step = (event: PhysicalEvent): void => {
    if (life.over) return
    const effects = core.step(event)
    for (const effect of effects) perform(effect)
    if (event.kind !== 'clock') peers.sync({ kind: 'progress' })
    if (effects.some(({ kind }) => kind === 'tip') && !life.over) init.tipped()
  }

  const perform = (effect: PhysicalEffect): void => {
    switch (effect.kind) {
      case 'persist':
      case 'store-block':
      case 'store-slot':
      case 'store-snapshot':
        return disk.keep(effect)
      case 'broadcast':
        return tell(effect.message)
      case 'tip':
        return init.tip(effect, core)
      case 'look-up': {
        const { plotId, k, slot, seed, slotChallenge } = effect
        const tickets = modelTickets(plotId, k, slotChallenge)
        return life.schedule(lookUpMs, () => step({ kind: 'looked-up', plotId, slot, seed, tickets }))
      }
      case 'prove': {
        const { plotId, slot, seed, quality, handle } = effect
        const k = farming?.plots.find((plot) => equal(plot.plotId, plotId))?.k ?? 0
        const proof = modelProof(rules, k, handle)
        return life.schedule(provingMs, () => step({ kind: 'proved', plotId, slot, seed, quality, proof }))
      }
      case 'evaluate':
        return evaluate(effect)
      case 'fetch':
        return peers.fetch(effect.want, effect.hint)
      case 'observe': {
        const { observation } = effect
        if (observation.kind === 'refused') return init.refuse(observation.reason)
        return init.observed(observation, core)
      }
    }
  }

  /** What is asked for later replaces it: by then the core wants another slot. */
  const evaluate = (asked: Extract<PhysicalEffect, { kind: 'evaluate' }>): void => {
    const { slot, seed, previous, squarings } = asked
    const evaluateMs = modelEvaluationMs(squarings)
    life.schedule(evaluateMs, () => {
      const { evaluating } = core.state
      if (evaluating?.slot !== slot || !equal(evaluating.seed, seed)) return
      emit({ kind: 'vdf', slot, evaluateMs, lagSlots: Math.max(0, slotNow() - slot) })
      step({ kind: 'evaluated', proof: modelSlotProof(slot, seed, previous) })
    })
  }

  const tickAfter = (slot: number): void =>
    life.schedule(Math.max(0, slotStartMs(rules.genesis, slot + 1) - skewMs - time.now()), tick)
  const tick = (): void => {
    const slot = slotNow()
    step({ kind: 'clock', slot })
    if (life.over) return
    init.ticked(slot)
    if (slot % statusEverySlots === 0) broadcast(ownStatus())
    tickAfter(slot)
  }
  const ownStatus = (): PhysicalMessage => ({ kind: 'status', status: core.tip() })

  /** A coerced farmer does not even pass on what it keeps back. */
  const heardOf = (message: PhysicalMessage): PhysicalMessage | null => {
    if (message.kind !== 'items' || farming === null) return message
    const items = message.items.filter((item) => !isKeptBack(farming.coercion, item))
    if (items.length === message.items.length) return message
    return items.length === 0 ? null : { kind: 'items', items }
  }
  const receive = (from: string, message: FarmMessage): void => {
    if (init.receive(from, message)) return
    const heard = heardOf(message as PhysicalMessage)
    if (heard !== null) peers.receive(from, heard)
  }

  const peers = createPeers({
    core,
    sync: createChainSync(),
    disk,
    genesisHash: rules.chainId,
    random: init.random,
    peers: () => [...connected],
    send,
    step,
    refuse: init.refuse,
    schedule: life.schedule,
    offer: init.offer,
  })

  return {
    core,
    peers: connected,
    slotNow,
    step,
    send,
    start() {
      step({ kind: 'plots', plots: farming?.plots ?? [] })
      step({ kind: 'start', slot: slotNow() })
      network.attach(index, {
        receive: (from, message) => life.whenRunning(() => receive(from, message)),
        peerUp: (peer) =>
          life.whenRunning(() => {
            if (!init.speaksWith(peer)) return
            connected.add(peer)
            emit({ kind: 'peer-up', peer })
            send(peer, ownStatus())
          }),
        peerDown: (peer, reason) =>
          life.whenRunning(() => {
            if (!connected.delete(peer)) return
            emit({ kind: 'peer-down', peer, reason })
            peers.sync({ kind: 'peer-down', peer })
          }),
      })
      tickAfter(slotNow())
    },
  }
}
