import { deriveGenesisOf } from '@groundwork/genesis'
import { createChainReader, type Replayed, replay } from '@groundwork/hybrid-host'
import { type CheckedBlock, chainRules, readBlock, writeBlock } from '@groundwork/physical-core'
import { CodedError, decode, encode, fromHex, standInSignatures, toHex } from '@groundwork/primitives'
import type { Plan } from '@groundwork/scenario'
import { physicalGenesis } from '../physical/genesis.ts'
import { isModelSpaceProof } from '../physical/model.ts'
import { planGenesis } from '../plan-genesis.ts'

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
 * I10: what a recorded chain means, derived from its genesis by nothing but the plan and the blocks; no node's memory is
 * used. Throws `RECORDED_CHAIN` or `PHYSICAL_BLOCK` for lines that are no chain.
 */
export function* replayPlan(plan: Plan, lines: Iterable<string>): Generator<Replayed, void> {
  if (plan.physical === undefined || plan.hybrid === undefined)
    throw new CodedError('RECORDED_CHAIN', 'the run has no hybrid ledger, so there is nothing to derive')
  const physical = physicalGenesis(plan, plan.physical)
  const reader = createChainReader(chainRules(physical))
  const init = {
    genesis: deriveGenesisOf(planGenesis(plan, physical), physical),
    verify: standInSignatures.verify,
    verifySpace: ({
      plotId,
      k,
      challenge,
      proof,
    }: Parameters<Parameters<typeof replay>[0]['verifySpace']>[0]) =>
      isModelSpaceProof(plotId, k, challenge, proof),
  }
  const inputs = function* () {
    let number = 0
    for (const line of lines) yield reader.next(decodeRecordedBlock(line, ++number))
  }
  yield* replay(init, inputs())
}
