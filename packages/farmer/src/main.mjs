import { enableCompileCache, flushCompileCache } from 'node:module'

// Plain JavaScript, so that nothing is parsed before the cache is on.
enableCompileCache()
const { runProgram } = await import('./program.ts')
if (process.argv[2] === '--warm-up') flushCompileCache()
else await runProgram(process.argv.slice(2))
