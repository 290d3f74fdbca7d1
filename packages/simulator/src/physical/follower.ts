import type { Signer } from '@groundwork/hybrid-host'
import type { ChainRules, PhysicalCore } from '@groundwork/physical-core'
import type { Prng } from '@groundwork/primitives'
import { physicalTipFact, startingFacts, type TraceFact } from '@groundwork/trace'
import { createHybridPart, type HybridPart, hybridDisk } from '../hybrid/part.ts'
import type { HybridWorld } from '../hybrid/world.ts'
import type { Life } from '../lifecycle.ts'
import type { SimulatedNetwork } from '../network.ts'
import type { Beside } from '../node.ts'
import type { VirtualTime } from '../virtual-time.ts'
import { farmerDisk, type PublishedChain } from './disk.ts'
import type { FarmMessage } from './messages.ts'
import { createPhysicalPart, type PhysicalPart } from './part.ts'

export interface FollowerInit {
  readonly name: string
  readonly rules: ChainRules
  readonly time: VirtualTime
  readonly network: SimulatedNetwork<FarmMessage>
  readonly random: Prng
  /** Null without a stake chain that leans on this one. */
  readonly hybrid: { readonly world: HybridWorld; readonly validator: Signer } | null
  isFarmer(name: string): boolean
  emit(fact: TraceFact): void
}

/** What a validator knows of the physical chain: all blocks, checked as farmers check them, and no plot of its own. */
export interface SimulatedFollower extends Beside {
  /** Of the running process, for reading. */
  readonly core: PhysicalCore | undefined
  /** In the farm's network. */
  readonly index: number
  /** It speaks with this farmer. */
  isConnected(name: string): boolean
  /** Of the physical chain, as its disk has it. */
  published(): PublishedChain
  /** Before it starts: somebody who follows the chain hands over what anybody may have. */
  take(chain: PublishedChain): void
}

export function simulatedFollower(init: FollowerInit): SimulatedFollower {
  const { rules, time, network, random } = init
  const index = network.indexOf(init.name)
  const disk = farmerDisk()
  const derived = hybridDisk()
  let part: PhysicalPart | undefined
  let hybrid: HybridPart | null = null
  let listener = (): void => {}
  /** A physical chain that nobody leans on is nobody's news. */
  const emit = (fact: TraceFact): void => {
    if (init.hybrid !== null) init.emit(fact)
  }

  const hybridOf = (own: PhysicalPart, life: Life): HybridPart | null =>
    init.hybrid === null
      ? null
      : createHybridPart({
          ...init.hybrid,
          life,
          part: own,
          blocks: disk,
          disk: derived,
          farmer: null,
          plots: [],
          slotMs: rules.parameters.slotMs,
          emit,
          refuse: () => {},
          viewed: () => listener(),
        })

  return {
    index,
    get core() {
      return part?.core
    },
    get hybrid() {
      return hybrid
    },
    published: () => disk.published(),
    take: (chain) => disk.take(chain),
    isConnected: (name) => part?.peers.has(name) ?? false,
    onView(told) {
      listener = told
    },
    began(life) {
      const own = createPhysicalPart({
        rules,
        life,
        time,
        skewMs: 0,
        network,
        index,
        random,
        disk,
        farming: null,
        // As the program does: validators dial farmers.
        speaksWith: init.isFarmer,
        emit: () => {},
        refuse: () => {},
        tip: (effect) => emit(physicalTipFact(effect)),
        observed: () => {},
        receive: (_from, message) => message.kind === 'place-challenge' || message.kind === 'place-answer',
        offer: (items, from) => hybrid?.offer(items, from),
        tipped: () => hybrid?.followTip(),
        ticked: (slot) => hybrid?.tick(slot),
      })
      part = own
      hybrid = hybridOf(own, life)
      hybrid?.followTip()
    },
    started() {
      if (part === undefined) return
      for (const fact of startingFacts(rules, part.core)) emit(fact)
      part.start()
    },
    ended() {
      part = undefined
      hybrid = null
      listener = () => {}
      network.detach(index)
    },
    setPaused: (paused) => network.setPaused(index, paused),
    wiped() {
      disk.wipe()
      Object.assign(derived, hybridDisk())
    },
  }
}
