import { hybridProfiles, recoveryBlocks } from '../../src/index.ts'
import { eventsOf, inclusionDelays, revertedFast } from './measure.ts'
import { createModel } from './network.ts'

/** Figures of the model, demo profile, 20 seeds a row: node packages/hybrid-core/test/model/rows.ts. */
const parameters = hybridProfiles.demo
const usual = {
  parameters,
  validators: Array.from({ length: 10 }, () => ({ weight: 1000 })),
  farmers: Array.from({ length: 10 }, () => ({ space: 10 })),
  orphanEvery: 4,
}
const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]

for (const [tenths, windows] of [
  [4, 1],
  [5, 2],
  [6, 2],
  [7, 3],
  [8, 4],
  [9, 5],
] as const) {
  const blocks: number[] = []
  const slots: number[] = []
  for (let seed = 0; seed < 20; seed++) {
    const model = createModel({ ...usual, seed })
    model.run(100 + seed)
    for (let i = 0; i < tenths; i++) model.validators[i]!.gone = true
    const [height, slot, finals] = [model.sides[0]!.tip.height, model.slot, model.finalSlots.length]
    while (model.slot < slot + 2000 && model.finalSlots.length === finals) model.run(1)
    blocks.push(model.sides[0]!.tip.height - height)
    slots.push(model.slot - slot)
  }
  const { least, mean, most } = recoveryBlocks(parameters, windows, 2)
  console.log(
    `gone .${tenths}: median ${median(blocks)} blocks (${blocks[0]} to ${blocks.at(-1)}), predicted ${mean} (${least} to ${most}); median ${median(slots)} s, at most ${slots.at(-1)} s`,
  )
}
for (let tenths = 1; tenths <= 10; tenths++) {
  const delays: number[] = []
  let triggers = 0
  let reverted = 0
  let fast = 0
  for (let seed = 0; seed < 20; seed++) {
    const model = createModel({ ...usual, seed, forcedEvery: 20 })
    for (let i = 0; i < tenths; i++) model.validators[i]!.coerced = true
    model.run(900)
    const { tip } = model.sides[0]!
    delays.push(...inclusionDelays(tip, 44).map((delay) => delay ?? Number.POSITIVE_INFINITY))
    triggers += eventsOf(tip, 'trigger').length
    reverted += revertedFast(model)
    fast += new Set(model.finalSlots).size
  }
  console.log(
    `coerced .${tenths}: inclusion median ${median(delays)}, at most ${delays.at(-1)} blocks of ${delays.length}; ${triggers / 20} triggers, slots with a final block ${(fast / 180).toFixed(0)} %, reverted ${reverted}`,
  )
}
