// The command line from a fresh clone: sets the workspace up if need be, then runs the controller on the pinned Node.
import { existsSync } from 'node:fs'
import { node, root, run, setUp } from './setup.mjs'

await setUp()
if (!existsSync(node)) {
  console.error(`groundwork: the pinned Node is missing at ${node}; remove node_modules and try again`)
  process.exit(2)
}
await run(node, [`${root}packages/controller/src/main.ts`, ...process.argv.slice(2)])
