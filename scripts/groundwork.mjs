// The command line, from a fresh clone.
import { runProgram } from './setup.mjs'

await runProgram('packages/controller/src/main.ts')
