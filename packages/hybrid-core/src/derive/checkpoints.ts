import { equal, toHex } from '@groundwork/primitives'
import { hashHeader } from '@groundwork/stake-core'
import type { ModeBlock } from '../mode/index.ts'
import type { Checkpoint, CheckpointBodies } from '../payload/index.ts'
import { startEpoch } from './epochs.ts'
import { type DeriveRecord, recordReceipts } from './record.ts'
import { extendPosition, type ForcedReceipt, finalFault, isTerminal, type Position } from './segment.ts'
import type { DeriveContext, DeriveState } from './state.ts'

/** The two items of a checkpoint, in either order; each may be missing. */
export interface OfferedCheckpoint {
  readonly checkpoint: Checkpoint | null
  readonly bodies: CheckpointBodies | null
}

/**
 * 2.4: accepted if it extends the last one in the running epoch of FAST and every block keeps the rules on this branch.
 * The first accepted one wins. It moves the deadline only if its anchor is young enough.
 */
export function acceptCheckpoint(
  context: DeriveContext,
  mode: ModeBlock,
  state: DeriveState,
  { checkpoint, bodies }: { readonly checkpoint: Checkpoint; readonly bodies: CheckpointBodies },
  records: DeriveRecord[],
): DeriveState {
  const { height } = state
  const reject = (reason: string) => {
    records.push({ kind: 'checkpoint-rejected', height, reason })
    return state
  }
  if (mode.state.recorded !== null) return reject('recorded')
  const { blocks, final } = checkpoint
  const last = blocks.at(-1)
  if (last === undefined || bodies.bodies.length !== blocks.length) return reject('bodies')
  if (!equal(bodies.tip, hashHeader(last.header))) return reject('bodies')
  const first = blocks[0]!.header
  if (!equal(first.epochId, state.epoch.id)) return reject('epoch')
  // Cheap, and true of every repetition: before any signature is checked.
  if (!equal(first.parentHash, state.tip.hash))
    return reject(first.height <= state.tip.height ? 'not-the-first' : 'parent')
  const uncertified = finalFault(context, state.epoch, checkpoint, last.header)
  if (uncertified !== null) return reject(uncertified)

  let position: Position = state
  const receipts: ForcedReceipt[] = []
  for (const [i, block] of blocks.entries()) {
    const extension = extendPosition(context, position, { ...block, body: bodies.bodies[i]! })
    if (extension.kind === 'fault') return reject(extension.reason)
    position = extension.position
    receipts.push(...extension.receipts)
  }
  const { tip, execution, pending } = position
  const refreshing = mode.apply({ kind: 'checkpoint', anchor: tip.anchor.height }) === null
  recordReceipts(receipts, height, 'checkpoint', records)
  records.push({
    kind: 'checkpoint-accepted',
    height,
    epoch: state.epoch.number,
    blocks: blocks.length,
    tipHeight: tip.height,
    tip: tip.hash,
    anchor: tip.anchor.height,
    refreshing,
  })
  const signers = final.signatures.map(({ voter }) =>
    toHex(state.epoch.validators.validators[voter]!.publicKey),
  )
  const accepted: DeriveState = {
    ...state,
    tip,
    execution,
    pending,
    anchored: execution,
    refreshedEpoch: refreshing ? tip.anchor.epoch : state.refreshedEpoch,
    lastFinal: { epochId: final.epochId, hash: final.hash, view: final.view, signers },
  }
  return isTerminal(context, tip.height) ? startEpoch(context, accepted, records) : accepted
}
