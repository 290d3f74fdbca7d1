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
  doContradict,
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
 * stake chain itself. Both are cut to what follows their last common block; if that is not at hand, to what of ours has one
 * certificate and all that there is of the other. Null without a good certificate.
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
  for (const known of [knownOf(finals, first), checkpointed(branch, first.header.height)]) {
    const conflict = compareChains(known, other) ?? compareParts(known, other)
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
  for (const { segment, hashes } of branch.carried()) {
    const at = hashes.indexOf(key)
    if (at >= 0) return segment?.blocks[at]?.header ?? null
  }
  return null
}

/** Where two different blocks follow one: the common part need not be known. */
function compareChains(known: readonly Known[], other: FinalChain): Omit<Conflict, 'epoch'> | null {
  const byParent = new Map(other.blocks.map(({ header }, i) => [toHex(header.parentHash), i]))
  for (const [i, { block, certificate }] of known.entries()) {
    const from = byParent.get(toHex(block.header.parentHash))
    if (from === undefined || isSame(block, other.blocks[from]!)) continue
    const own = known.slice(i)
    const end = own.findIndex((one) => one.certificate !== certificate)
    const covered = end < 0 ? own : own.slice(0, end)
    return {
      own: { blocks: covered.map((one) => one.block), certificate },
      other: { blocks: other.blocks.slice(from), certificate: other.certificate },
    }
  }
  return null
}

/** The newest of ours that the other contradicts, wherever they part. */
function compareParts(known: readonly Known[], other: FinalChain): Omit<Conflict, 'epoch'> | null {
  const { epochId } = other.certificate
  const own = partsOf(known).findLast(
    (part) => equal(part.certificate.epochId, epochId) && doContradict(part, other),
  )
  return own === undefined ? null : { own, other }
}

/** By their certificates, oldest first. */
function partsOf(known: readonly Known[]): FinalChain[] {
  const parts: { readonly blocks: JustifiedHeader[]; readonly certificate: Certificate }[] = []
  for (const { block, certificate } of known) {
    const last = parts.at(-1)
    if (last?.certificate === certificate) last.blocks.push(block)
    else parts.push({ blocks: [block], certificate })
  }
  return parts
}

function isSame(a: JustifiedHeader, b: JustifiedHeader): boolean {
  return equal(hashHeader(a.header), hashHeader(b.header))
}

/** Thousands may be held: nothing of them, if the other goes on from the last, as every new final block does. */
function knownOf({ held }: Finals, { header }: JustifiedHeader): Known[] {
  if (held.at(-1)?.key === toHex(header.parentHash)) return []
  return held.map(({ block, certificate }) => ({ block, certificate }))
}

/** What checkpoints on the best branch brought from a height on. */
function checkpointed(branch: Branch, from: number): Known[] {
  const known: Known[] = []
  for (const { segment, tipHeight, hashes } of branch.carried()) {
    if (tipHeight < from) break
    if (hashes.length === 0) continue
    if (segment === null) break
    for (const block of segment.blocks.toReversed()) known.push({ block, certificate: segment.certificate })
  }
  return known.reverse()
}

function epochOf({ epochs }: DeriveState, id: Hash): Epoch | null {
  return epochs.find(({ epoch }) => equal(epoch.id, id))?.epoch ?? null
}
