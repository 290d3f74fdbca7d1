import { enableCompileCache } from 'node:module'

enableCompileCache()
const { runHub } = await import('./program.ts')
await runHub(process.argv.slice(2))
