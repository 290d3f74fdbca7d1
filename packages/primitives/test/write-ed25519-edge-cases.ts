import { writeFileSync } from 'node:fs'
import { edgeCases } from './ed25519-edge-cases.ts'

// Run by hand: node packages/primitives/test/write-ed25519-edge-cases.ts
const file = new URL('../../../test/vectors/ed25519-edge-cases.json', import.meta.url)
writeFileSync(file, `${JSON.stringify(edgeCases(), null, 2)}\n`)
