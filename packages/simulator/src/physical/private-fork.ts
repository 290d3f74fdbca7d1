import { blockHashOf, createPhysicalCore, type PhysicalBlock } from '@groundwork/physical-core'
import { equal, type Hash } from '@groundwork/primitives'
import { isModelSlotProof, modelQuality } from './model.ts'
import type { Tactic, TacticFactory } from './tactic.ts'

/** Behind by more than this, a private chain is given up and begun anew at the public tip. */
const hopelessBlocks = 6

/**
 * Farms on a chain of its own since some public block and shows it once the public chain has `kappa` blocks beyond that
 * block and less weight; the classical attack on a confirmation. A second core follows the public chain.
 */
export const privateFork: TacticFactory = ({ rules, core, broadcast, deliver, block }): Tactic => {
  const { kappa } = rules.parameters
  const publicCore = createPhysicalCore({ rules, farmer: null, timelord: false })
  publicCore.step({ kind: 'start', slot: Number.MAX_SAFE_INTEGER - rules.parameters.maxFutureSlots - 1 })
  /** What others said since the fork, for the day on which it is given up. */
  let unheard: { from: string; block: PhysicalBlock }[] = []
  let base: { readonly hash: Hash; readonly height: number } = core.tip()
  let showing = false

  const hearPublic = (blocks: readonly PhysicalBlock[]): void => {
    for (const one of blocks) {
      const quality = modelQuality(one.trunk)
      if (quality !== null) publicCore.step({ kind: 'blocks', blocks: [{ block: one, quality }], from: null })
    }
  }
  const begin = (): void => {
    unheard = []
    base = core.tip()
  }
  const giveUp = (): void => {
    const waiting = unheard
    begin()
    for (const { from, block: one } of waiting) deliver(from, { kind: 'block', block: one })
    base = core.tip()
  }
  const show = (): void => {
    showing = true
    const own = block(core.tip().hash, core.tip().height - base.height - 1)
    for (const one of own) broadcast({ kind: 'block', block: one })
    hearPublic(own)
    showing = false
    begin()
  }
  const consider = (): void => {
    if (showing) return
    const [mine, theirs] = [core.tip(), publicCore.tip()]
    const isBuried = theirs.height >= base.height + kappa
    if (mine.weight > theirs.weight && isBuried && mine.height > base.height) return show()
    if (theirs.height - mine.height > hopelessBlocks) giveUp()
  }

  return {
    withholds: (message) => message.kind === 'block' || message.kind === 'status',
    receives(from, message) {
      if (message.kind === 'slot-proof' || message.kind === 'slots') {
        const proofs = message.kind === 'slots' ? message.proofs : [message.proof]
        publicCore.step({ kind: 'slots', proofs: proofs.filter(isModelSlotProof), live: false, from })
        return false
      }
      if (message.kind === 'status') return true
      const blocks =
        message.kind === 'block' ? [message.block] : message.kind === 'blocks' ? message.blocks : []
      if (blocks.length === 0) return false
      hearPublic(blocks)
      for (const one of blocks) {
        if (!equal(blockHashOf(one.foliage), core.tip().hash)) unheard.push({ from, block: one })
      }
      consider()
      return true
    },
    status: () => publicCore.tip(),
    stepped: consider,
  }
}
