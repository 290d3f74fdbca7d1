// Runs the tests that need a kernel with netem: on this one if it has it, else under a user-mode Linux that does.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { run, setUp } from './setup.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const node = `${root}node_modules/node/bin/node`
const startedMs = performance.now()
process.on('exit', (code) => {
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(0)
  console.error(`netem: ${code === 0 ? 'passed' : 'not passed'} after ${seconds} s on ${kernel}`)
})

let kernel = 'no kernel'
if (process.getuid?.() !== 0) {
  console.error('netem: needs root, for network namespaces and for a kernel of its own')
  process.exit(2)
}
await setUp()

const probe =
  "const { probeNetem } = await import('./packages/wan/src/router/netem/index.ts'); process.exit((await probeNetem()).kind === 'available' ? 0 : 1)"
const own =
  spawnSync('unshare', ['--net', node, '--input-type=module', '-e', probe], { cwd: root }).status === 0
kernel = own ? "this machine's kernel" : 'user-mode Linux'
console.error(`netem: tested on ${kernel}`)

const vitest = [
  node,
  `${root}node_modules/vitest/vitest.mjs`,
  'run',
  '--project',
  'netem',
  ...process.argv.slice(2),
]
// It has one core, for which it competes with everything else on this machine, and times packets.
const [command, ...args] = own ? vitest : ['nice', '-n', '-15', `${root}netem/kernel/run`, ...vitest]
await run(command, args)
