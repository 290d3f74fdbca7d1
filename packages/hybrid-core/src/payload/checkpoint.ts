import type { TransactionBytes } from '@groundwork/ledger'
import { type Bytes, decode, encode, type Hash, memoized } from '@groundwork/primitives'
import {
  type Certificate,
  type Header,
  type JustifiedHeader,
  readCertificate,
  readHeader,
  readJustifiedHeader,
  readList,
  readTransactions,
  writeCertificate,
  writeHeader,
  writeJustifiedHeader,
  writeTransactions,
} from '@groundwork/stake-core'
import { readPayloadVersion, writePayloadVersion } from './version.ts'

/** A final segment of the stake chain since the last checkpoint. Its bodies lie beside it in the same physical block. */
export interface Checkpoint {
  /** Oldest first, at least one. */
  readonly blocks: readonly JustifiedHeader[]
  /** From the last block (exclusive) to the block that the certificate names; usually empty. */
  readonly path: readonly Header[]
  readonly final: Certificate
}

/** The bodies of a checkpoint's blocks, in their order. */
export interface CheckpointBodies {
  /** Hash of the checkpoint's last block. */
  readonly tip: Hash
  readonly bodies: readonly (readonly TransactionBytes[])[]
}

export const checkpointBlocksMax = 1024
export const checkpointPathMax = 64

export function encodeCheckpoint({ blocks, path, final }: Checkpoint): Bytes {
  return encode((out) => {
    writePayloadVersion(out)
    out.u32(blocks.length)
    for (const block of blocks) writeJustifiedHeader(out, block)
    out.u32(path.length)
    for (const header of path) writeHeader(out, header)
    writeCertificate(out, final)
  })
}

/** Throws `CODEC_*`. */
export const decodeCheckpoint: (bytes: Bytes) => Checkpoint = memoized((bytes) =>
  decode(bytes, (from) => {
    readPayloadVersion(from)
    return {
      blocks: readList(from, checkpointBlocksMax, readJustifiedHeader),
      path: readList(from, checkpointPathMax, readHeader),
      final: readCertificate(from),
    }
  }),
)

export function encodeCheckpointBodies({ tip, bodies }: CheckpointBodies): Bytes {
  return encode((out) => {
    writePayloadVersion(out)
    out.fixed(tip, 32)
    out.u32(bodies.length)
    for (const body of bodies) writeTransactions(out, body)
  })
}

/** Throws `CODEC_*`. */
export const decodeCheckpointBodies: (bytes: Bytes) => CheckpointBodies = memoized((bytes) =>
  decode(bytes, (from) => {
    readPayloadVersion(from)
    return { tip: from.fixed(32), bodies: readList(from, checkpointBlocksMax, readTransactions) }
  }),
)
