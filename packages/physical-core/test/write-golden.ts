/** Writes the golden vectors anew; only for a new version of the encoding: `node test/write-golden.ts`. */
import { writeFileSync } from 'node:fs'
import { goldenVectors } from './golden.ts'

const file = new URL('../../../test/vectors/physical-v1.json', import.meta.url)
writeFileSync(file, `${JSON.stringify(goldenVectors(), null, 2)}\n`)
