import {
  createDerivation,
  type DeriveContext,
  type DeriveGenesis,
  type DeriveRecord,
  type DeriveState,
  derive,
  deriveRoot,
  type PhysicalInput,
} from '@groundwork/hybrid-core'
import { equal, type Hash } from '@groundwork/primitives'
import type { Verify } from '@groundwork/stake-core'

export interface ReplayInit {
  readonly genesis: DeriveGenesis
  readonly verify: Verify
  readonly verifySpace: DeriveContext['verifySpace']
}

export interface Replayed {
  readonly state: DeriveState
  /** I10: what every node has that derived these blocks. */
  readonly root: Hash
  readonly records: readonly DeriveRecord[]
}

/** Derives a physical chain again from its genesis, block by block; `createChainReader` makes the inputs from stored blocks. */
export function* replay(
  { genesis, verify, verifySpace }: ReplayInit,
  inputs: Iterable<PhysicalInput>,
): Generator<Replayed, void> {
  const { context, state: start } = createDerivation(genesis, verify, verifySpace)
  let state = start
  for (const input of inputs) {
    const derived = derive(context, state, input)
    state = derived.state
    yield { state, root: deriveRoot(state), records: derived.records }
  }
}

/** The first block whose root is not what a node said, or null. `expected` tells what was said of a block, if anything was. */
export function firstDifference(
  replayed: Iterable<Replayed>,
  expected: (height: number, hash: Hash) => Hash | null,
): { readonly height: number; readonly hash: Hash; readonly expected: Hash; readonly found: Hash } | null {
  for (const { state, root } of replayed) {
    const said = expected(state.height, state.hash)
    if (said !== null && !equal(said, root))
      return { height: state.height, hash: state.hash, expected: said, found: root }
  }
  return null
}
