import { enableCompileCache } from 'node:module'

// Before anything else is loaded: a later start then skips parsing.
enableCompileCache()
const { main } = await import('./cli/program.ts')
process.exitCode = await main(process.argv.slice(2))
