import { enableCompileCache } from 'node:module'

// Before anything else is loaded: a later start then skips parsing.
enableCompileCache()
// A programmer's error is the harness's fault, not the protocol's. Children end with this process.
process.on('uncaughtException', (error) => {
  process.stderr.write(`groundwork: ${error.stack ?? error}\n`)
  process.exit(2)
})
const args = process.argv.slice(2)
const { main } = await (args[0] === 'plot' ? import('./cli/plot-program.ts') : import('./cli/program.ts'))
process.exitCode = await main(args)
