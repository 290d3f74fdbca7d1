import {
  type Checkpoint,
  type DeriveContext,
  type DeriveState,
  decodeCheckpoint,
} from '@groundwork/hybrid-core'
import { CodedError, equal, type Hash, toHex } from '@groundwork/primitives'
import {
  type Certificate,
  certificateFault,
  type Epoch,
  type FinalChain,
  type Header,
  hashHeader,
  type JustifiedHeader,
} from '@groundwork/stake-core'
import type { Branch } from './branch.ts'
import type { Finals } from './finals.ts'

/** A final chain, with the block that its certificate covers last. */
interface Known {
  readonly block: JustifiedHeader
  readonly certificate: Certificate
}

export interface Conflict {
  readonly epoch: Epoch
  readonly own: FinalChain
  readonly other: FinalChain
}

/**
 * Whether a final chain contradicts what this node knows as final: by its checkpoints on the best branch, or from the
 * stake chain itself. Both are cut to what follows their last common block. Null without a good certificate.
 */
export function conflictWith(
  context: DeriveContext,
  branch: Branch,
  finals: Finals,
  other: FinalChain,
): Conflict | null {
  const first = other.blocks[0]
  if (first === undefined) return null
  const epoch = epochOf(branch.tip.state, first.header.epochId)
  if (epoch === null) return null
  for (const known of [knownOf(finals), checkpointed(branch, first.header.height)]) {
    const conflict = compareChains(known, other)
    if (conflict === null) continue
    if (certificateFault(epoch, other.certificate, context.verify) !== null) return null
    return { epoch, ...conflict }
  }
  return null
}

/** Decodes what was offered or refused as a checkpoint; null if it is none. */
export function checkpointIn(bytes: Uint8Array): Checkpoint | null {
  try {
    return decodeCheckpoint(bytes)
  } catch (error) {
    if (!(error instanceof CodedError)) throw error
    return null
  }
}

/** The headers from a checkpoint's blocks to its certificate's are a chain, and the certificate names the last. */
export function chainOfCheckpoint({ blocks, path, final }: Checkpoint): FinalChain | null {
  const headers = [...blocks.map(({ header }) => header), ...path]
  for (const [i, { parentHash }] of headers.entries())
    if (i > 0 && !equal(parentHash, hashHeader(headers[i - 1]!))) return null
  const last = headers.at(-1)
  if (last === undefined || final.type !== 'final' || !equal(final.hash, hashHeader(last))) return null
  return { blocks, certificate: final }
}

/** A header that this node holds, by the hash of its block. */
export function headerIn(branch: Branch, finals: Finals, hash: Hash): Header | null {
  const key = toHex(hash)
  const held = finals.held.find((one) => one.key === key)
  if (held !== undefined) return held.block.header
  for (const { segment } of branch.newestFirst()) {
    const at = segment?.hashes.indexOf(key) ?? -1
    if (at >= 0) return segment!.blocks[at]!.header
  }
  return null
}

function compareChains(known: readonly Known[], other: FinalChain): Omit<Conflict, 'epoch'> | null {
  const { height, parentHash } = other.blocks[0]!.header
  let at = known.findIndex(
    ({ block: { header } }) => header.height === height && equal(header.parentHash, parentHash),
  )
  if (at < 0) return null
  let from = 0
  while (at < known.length && from < other.blocks.length && isSame(known[at]!.block, other.blocks[from]!)) {
    at++
    from++
  }
  // One is a prefix of the other.
  if (at === known.length || from === other.blocks.length) return null
  const own = known.slice(at)
  const end = own.findIndex(({ certificate }) => certificate !== own[0]!.certificate)
  const covered = end < 0 ? own : own.slice(0, end)
  return {
    own: { blocks: covered.map(({ block }) => block), certificate: own[0]!.certificate },
    other: { blocks: other.blocks.slice(from), certificate: other.certificate },
  }
}

function isSame(a: JustifiedHeader, b: JustifiedHeader): boolean {
  return equal(hashHeader(a.header), hashHeader(b.header))
}

function knownOf({ held }: Finals): Known[] {
  return held.map(({ block, certificate }) => ({ block, certificate }))
}

/** What checkpoints on the best branch brought from a height on. */
function checkpointed(branch: Branch, from: number): Known[] {
  const known: Known[] = []
  for (const { segment, state } of branch.newestFirst()) {
    if (state.tip.height < from) break
    if (segment === null) continue
    for (const block of segment.blocks.toReversed()) known.push({ block, certificate: segment.certificate })
  }
  return known.reverse()
}

function epochOf({ epochs }: DeriveState, id: Hash): Epoch | null {
  return epochs.find(({ epoch }) => equal(epoch.id, id))?.epoch ?? null
}
