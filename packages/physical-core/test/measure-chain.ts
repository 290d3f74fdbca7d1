/** Prints what the core itself takes for a chain, without proofs and signatures: `node test/measure-chain.ts [blocks]`. */
import { prng } from '@groundwork/primitives'
import { advance, type CheckedBlock, createPhysicalCore, epochOf, type SlotProof } from '../src/index.ts'
import { easyRules, forge, freshCore, hand, slotsUpTo } from './forge.ts'

const [count = 5000] = process.argv.slice(2).map(Number)
const rules = easyRules({ plots: [2, 2, 2, 2, 2, 2], parameters: { epochSlots: 256, seedLagSlots: 128 } })
const random = prng(1)
const made = freshCore(rules)
const blocks: CheckedBlock[] = []
const slots: SlotProof[] = []
const snapshots: { height: number; bytes: Uint8Array }[] = []
for (let slot = 1; blocks.length < count; slot++) {
  const { epoch } = advance(rules, made.chain(), epochOf(rules, slot))
  slots.push(slotsUpTo(rules, epoch.seed, slot).at(-1)!)
  if (random.below(100) >= 63) continue
  const block = forge(rules, made.chain(), { slot, farmer: random.below(6), index: random.below(2) })
  for (const effect of hand(rules, made, block)) {
    if (effect.kind === 'store-snapshot') snapshots.push({ height: effect.height, bytes: effect.bytes })
  }
  blocks.push(block)
}
const clock = slots.length
const timed = (what: string, run: () => void) => {
  const startMs = performance.now()
  run()
  const ms = performance.now() - startMs
  console.log(`${what}: ${ms.toFixed(0)} ms, ${((1000 * ms) / count).toFixed(0)} us a block`)
}

const node = { rules, farmer: null, timelord: false }
let core = createPhysicalCore(node)
core.step({ kind: 'start', slot: clock })
timed(`${count} blocks in ranges of 128, with slots by the epoch`, () => {
  for (let at = 0; at < count; at += 128) {
    core.step({ kind: 'blocks', blocks: blocks.slice(at, at + 128), from: 'a' })
    for (let asked = true; asked; ) {
      asked = false
      for (const { want } of [...core.state.wanted.values()]) {
        if (want.kind !== 'slots') continue
        asked = true
        core.step({ kind: 'slots', proofs: slots.slice(want.from - 1, want.to), live: false, from: 'a' })
      }
    }
  }
})
console.log(`tip ${core.tip().height}, ${core.state.nodes.size} blocks held`)

const { height, bytes } = snapshots.at(-1)!
const later = slots.filter(
  ({ slot }) => epochOf(rules, slot) >= epochOf(rules, blocks[height - 1]!.block.trunk.slot),
)
timed(`restart from the snapshot at height ${height}`, () => {
  core = createPhysicalCore({
    ...node,
    stored: { snapshot: bytes, blocks: blocks.slice(height), slots: later },
  })
})
console.log(`tip ${core.tip().height}`)
