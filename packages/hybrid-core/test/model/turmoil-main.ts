import { hybridProfiles, inclusionBoundBlocks } from '../../src/index.ts'
import { turmoil } from './turmoil.ts'

/** Many seeds of turmoil under variants of the rules: node packages/hybrid-core/test/model/turmoil-main.ts [seeds]. */
const seeds = Number(process.argv[2] ?? 200)
const { demo, ci, adversarial } = hybridProfiles
const variants = {
  demo,
  ci,
  adversarial,
  'demo, R2 without end': { ...demo, surroundWindows: 2 ** 32 },
  'demo, theta 0': { ...demo, theta: { num: 0, den: 1 } },
}
for (const [name, parameters] of Object.entries(variants)) {
  const found = { doubles: 0, late: 0, halted: 0 }
  const halted: number[] = []
  for (let seed = 0; seed < seeds; seed++) {
    const { doubles, latest, lastFinal } = turmoil(seed, parameters)
    if (doubles > 0) found.doubles++
    if (latest > inclusionBoundBlocks(parameters)) found.late++
    if (lastFinal < 100) continue
    found.halted++
    halted.push(seed)
  }
  console.log(`${name}: ${seeds} seeds`, found, halted.slice(0, 5))
}
