import type { ChainRules, PhysicalCore } from '@groundwork/physical-core'
import type { Prng } from '@groundwork/primitives'
import type { Life } from '../lifecycle.ts'
import type { SimulatedNetwork } from '../network.ts'
import type { Beside } from '../node.ts'
import type { VirtualTime } from '../virtual-time.ts'
import { farmerDisk } from './disk.ts'
import type { FarmMessage } from './messages.ts'
import { createPhysicalPart, type PhysicalPart, type TipEffect } from './part.ts'

export interface FollowerInit {
  readonly name: string
  readonly rules: ChainRules
  readonly time: VirtualTime
  readonly network: SimulatedNetwork<FarmMessage>
  readonly random: Prng
  isFarmer(name: string): boolean
}

/** What a validator knows of the physical chain: all blocks, checked as farmers check them, and no plot of its own. */
export interface SimulatedFollower extends Beside {
  /** Of the running process, for reading. */
  readonly core: PhysicalCore | undefined
  /** In the farm's network. */
  readonly index: number
  /** It speaks with this farmer. */
  isConnected(name: string): boolean
  /** Told of every change of the best chain; one at a time. */
  onTip(listener: (effect: TipEffect, core: PhysicalCore) => void): void
}

export function simulatedFollower(init: FollowerInit): SimulatedFollower {
  const { rules, time, network, random } = init
  const index = network.indexOf(init.name)
  const disk = farmerDisk()
  let part: PhysicalPart | undefined
  let listener: (effect: TipEffect, core: PhysicalCore) => void = () => {}
  return {
    index,
    get core() {
      return part?.core
    },
    isConnected: (name) => part?.peers.has(name) ?? false,
    onTip(told) {
      listener = told
    },
    began(life: Life) {
      part = createPhysicalPart({
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
        tip: (effect, core) => listener(effect, core),
        observed: () => {},
        receive: (_from, message) => message.kind === 'place-challenge' || message.kind === 'place-answer',
        ticked: () => {},
      })
      part.start()
    },
    ended() {
      part = undefined
      network.detach(index)
    },
    setPaused: (paused) => network.setPaused(index, paused),
    wiped: () => disk.wipe(),
  }
}
