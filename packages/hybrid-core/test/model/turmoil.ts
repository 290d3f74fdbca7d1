import { prng } from '@groundwork/primitives'
import { type HybridParameters, hybridProfiles, inclusionBoundBlocks } from '../../src/index.ts'
import { inclusionDelays, twinsOf } from './measure.ts'
import { createModel } from './network.ts'

const { demo } = hybridProfiles

export interface Turmoil {
  /** Pairs of forks that both justified a target of their own. */
  readonly doubles: number
  /** Of all forced transactions, in physical blocks. */
  readonly latest: number
  /** Slots from the last final block to the end. */
  readonly lastFinal: number
}

/** Partitions of any shape after one another, stake that comes and goes, stalls, orphans; then everything is well again. */
export function turmoil(seed: number, parameters: HybridParameters = demo, rest = 4000): Turmoil {
  const random = prng(`turmoil ${seed}`)
  const n = 12
  const model = createModel({
    seed,
    parameters,
    validators: Array.from({ length: n }, () => ({ weight: random.between(500, 2000) })),
    // Below a third of the space votes on both sides.
    farmers: Array.from({ length: n }, (_, i) => ({ space: 10, straddles: i < 3 })),
    orphanEvery: random.pick([0, 4, 8]),
    forcedEvery: 15,
  })
  model.run(60)
  let doubles = 0
  let latest = 0
  for (let phase = random.between(1, 5); phase > 0; phase--) {
    for (const validator of model.validators) validator.gone = random.chance(1, 4)
    model.stalled = random.chance(1, 5)
    model.run(random.between(0, 150))
    for (const one of [...model.validators, ...model.farmers]) one.side = random.below(2)
    model.partition()
    model.run(random.between(10, 400))
    const [a, b] = model.sides.map(({ tip }) => tip)
    if (twinsOf(a!, b!, parameters.windowBlocks).justified) doubles++
    for (const tip of [a!, b!]) {
      const delays = inclusionDelays(tip, inclusionBoundBlocks(parameters)).map((delay) => delay ?? 9999)
      latest = Math.max(latest, ...delays)
    }
    model.heal()
    model.stalled = false
    model.run(random.between(0, 300))
    // By fiat: a private branch, as long as it takes.
    if (random.chance(1, 2)) model.reorg(random.between(1, 50))
  }
  for (const validator of model.validators) validator.gone = false
  model.run(rest)
  return { doubles, latest, lastFinal: model.slot - model.finalSlots.at(-1)! }
}
