import { writeFileSync } from 'node:fs'
import { vectors } from './vectors.ts'

// Run by hand: node packages/vdf/test/write-vectors.ts
const file = new URL('../../../test/vectors/vdf-v1.json', import.meta.url)
writeFileSync(file, `${JSON.stringify(vectors(), null, 2)}\n`)
