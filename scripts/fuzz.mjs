// The fuzzing command of the simulator, from a fresh clone.
import { runProgram } from './setup.mjs'

await runProgram('packages/simulator/src/fuzz-main.ts')
