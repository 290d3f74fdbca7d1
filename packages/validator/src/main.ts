import { enableCompileCache } from 'node:module'

// Before anything else is loaded: a later start then skips parsing.
enableCompileCache()
const { runProgram } = await import('./program.ts')
await runProgram(process.argv.slice(2))
