import { type ChainRules, type CheckedBlock, readBlock, writeBlock } from '@groundwork/physical-core'
import { CodedError, decode, encode, fromHex, toHex } from '@groundwork/primitives'
import { createChainReader } from './chain.ts'
import { type Replayed, type ReplayInit, replay } from './replay.ts'

/** A physical chain as a run leaves it: one line a block, oldest first, its bytes and the quality of its proof in hexadecimal. */
export function encodeRecordedChain(blocks: readonly CheckedBlock[]): string[] {
  return blocks.map(
    ({ block, quality }) => `${toHex(encode((out) => writeBlock(out, block)))} ${toHex(quality)}`,
  )
}

/** Throws `RECORDED_CHAIN`, one line. */
function decodeRecordedBlock(line: string, number: number): CheckedBlock {
  try {
    const [block = '', quality = ''] = line.split(' ')
    return { block: decode(fromHex(block), readBlock), quality: fromHex(quality, 32) }
  } catch {
    throw new CodedError('RECORDED_CHAIN', `line ${number}: not a block of the physical chain`)
  }
}

/**
 * I10: what a recorded chain means, derived from its genesis by nothing but its blocks; no node's memory is used. Throws
 * `RECORDED_CHAIN` or `PHYSICAL_BLOCK` for lines that are no chain.
 */
export function* replayRecorded(
  init: ReplayInit,
  rules: ChainRules,
  lines: Iterable<string>,
): Generator<Replayed, void> {
  const reader = createChainReader(rules)
  const inputs = function* () {
    let number = 0
    for (const line of lines) yield reader.next(decodeRecordedBlock(line, ++number))
  }
  yield* replay(init, inputs())
}
