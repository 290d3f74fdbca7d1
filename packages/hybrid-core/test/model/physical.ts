import { assert } from '@groundwork/primitives'
import {
  genesisMode,
  type Key,
  type ModeEvent,
  type ModeInput,
  type ModeParameters,
  type ModeState,
  type SpaceSnapshot,
  stepMode,
} from '../../src/index.ts'

/** A block of the modelled stake chain: final from the start, since only quorums are modelled. */
export interface StakeBlock {
  readonly id: number
  readonly parent: StakeBlock | null
  readonly epoch: Key
  readonly anchor: PhysicalNode
  readonly height: number
  /** Whether some honest node handed it to a client as fast (R5a). */
  delivered: boolean
}

/** A block of the modelled physical chain with what derive makes of the chain up to it. */
export interface PhysicalNode {
  readonly id: Key
  readonly parent: PhysicalNode | null
  readonly height: number
  readonly slot: number
  readonly mode: ModeState
  readonly events: readonly ModeEvent[]
  /** Names the stake chain's epoch: that of the genesis, or of the exit block. */
  readonly epoch: Key
  /** Where that epoch starts on the physical chain. */
  readonly epochStart: number
  readonly set: ReadonlyMap<Key, number>
  /** The accepted checkpoint's last block, and its anchor's height. */
  readonly checkpoint: StakeBlock | null
  readonly anchor: number
  /** Forced transactions of this block, by name. */
  readonly forced: readonly Key[]
  /** Every forced transaction up to this height is executed. */
  readonly settled: number
}

export interface Content {
  readonly slot: number
  readonly forced?: readonly Key[]
  readonly checkpoint?: StakeBlock | null
  readonly inputs?: readonly ModeInput[]
}

export interface PhysicalModel {
  readonly parameters: ModeParameters
  readonly genesis: PhysicalNode
  extend(parent: PhysicalNode, content: Content): PhysicalNode
}

export function physicalModel(
  parameters: ModeParameters,
  set: ReadonlyMap<Key, number>,
  snapshot: SpaceSnapshot,
): PhysicalModel {
  let made = 0
  const genesis: PhysicalNode = {
    id: 'b0',
    parent: null,
    height: 0,
    slot: 0,
    mode: genesisMode(),
    events: [],
    epoch: 'genesis',
    epochStart: 0,
    set,
    checkpoint: null,
    anchor: 0,
    forced: [],
    settled: 0,
  }
  return {
    parameters,
    genesis,
    extend(parent, { slot, forced = [], checkpoint = null, inputs = [] }) {
      made++
      const id = `b${made}`
      const accepted = checkpoint !== null && accepts(parent, checkpoint) ? checkpoint : null
      const anchored = accepted === null ? parent.anchor : accepted.anchor.height
      const all: readonly ModeInput[] =
        accepted === null ? inputs : [{ kind: 'checkpoint', anchor: anchored }, ...inputs]
      const facts = () => ({ validators: parent.set, snapshot, deposits: [] })
      const { state, events } = stepMode(parameters, parent.mode, id, all, facts)
      const height = state.height
      const exit = events.find((event) => event.kind === 'exit')
      const inRecorded = state.recorded !== null || exit !== undefined
      return {
        id,
        parent,
        height,
        slot,
        mode: state,
        events,
        epoch: exit === undefined ? parent.epoch : id,
        epochStart: exit === undefined ? parent.epochStart : height,
        set: exit?.validators ?? parent.set,
        checkpoint: exit === undefined ? (accepted ?? parent.checkpoint) : null,
        anchor: exit === undefined ? anchored : height,
        forced,
        settled: inRecorded ? height : anchored,
      }
    },
  }
}

/** The acceptance rules of checkpoints, as far as the model has them: epoch, extension, anchors on this branch. */
function accepts(parent: PhysicalNode, tip: StakeBlock): boolean {
  if (parent.mode.recorded !== null || tip.epoch !== parent.epoch) return false
  if (tip === parent.checkpoint) return false
  let block: StakeBlock | null = tip
  while (block !== null && block !== parent.checkpoint) {
    if (!isOn(parent, block.anchor)) return false
    block = block.parent
  }
  return block === parent.checkpoint
}

export function isOn(tip: PhysicalNode, node: PhysicalNode): boolean {
  return node.height <= tip.height && ancestorAt(tip, node.height) === node
}

export function ancestorAt(node: PhysicalNode, height: number): PhysicalNode {
  let at = node
  while (at.height > height) {
    assert(at.parent !== null, 'heights go down to genesis')
    at = at.parent
  }
  return at
}

/** From the newest common ancestor (exclusive) to the tip. */
export function branch(tip: PhysicalNode, other: PhysicalNode): PhysicalNode[] {
  const blocks: PhysicalNode[] = []
  for (let at: PhysicalNode | null = tip; at !== null && !isOn(other, at); at = at.parent) blocks.unshift(at)
  return blocks
}

/** The blocks of a chain, genesis first. */
export function chainOf(tip: PhysicalNode): PhysicalNode[] {
  const blocks: PhysicalNode[] = []
  for (let at: PhysicalNode | null = tip; at !== null; at = at.parent) blocks.push(at)
  return blocks.reverse()
}
