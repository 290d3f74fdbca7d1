// Runs a scenario in containers on netem: region-partition-four under a user-mode Linux kernel unless told otherwise.
import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { run, setUp } from './setup.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const node = `${root}node_modules/node/bin/node`
const main = `${root}packages/controller/src/main.ts`
// Of the guest: files on this machine's file system would belong to root there, and nodes could not read their own.
const inGuest = '/run/runs'

if (process.argv[2] === '--inside') {
  const scenario = process.argv[3]
  process.on('exit', () => {
    mkdirSync(`${root}runs`, { recursive: true })
    spawnSync('cp', ['-a', '--remove-destination', `${inGuest}/.`, `${root}runs`], { stdio: 'inherit' })
  })
  mkdirSync(inGuest)
  await run(node, [main, 'run', scenario, '--runtime', 'docker', '--wan', 'netem', '--out', inGuest])
} else {
  await setUp()
  const startedMs = performance.now()
  process.on('exit', (code) => {
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(0)
    console.error(`netem: the network ${code === 0 ? 'passed' : 'did not pass'} after ${seconds} s`)
  })
  const inside = [
    node,
    `${root}scripts/run-on-netem.mjs`,
    '--inside',
    process.argv[2] ?? 'region-partition-four',
  ]
  // From these sources, and taken as it is inside, where none could be built.
  const prepare =
    "const { ensureImage } = await import('./packages/controller/src/docker/image.ts'); const { dockerEngine } = await import('./packages/controller/src/docker/engine.ts'); const say = (line) => console.error(line); await ensureImage(dockerEngine(), { say, signal: new AbortController().signal }).catch((error) => { console.error('netem: ' + error.message); process.exit(2) })"
  await run(node, ['--input-type=module', '-e', prepare], { exit: false })
  process.env.GROUNDWORK_IMAGE ||= 'groundwork'
  // One core for everything: it should not have to compete for that as well.
  await run('nice', ['-n', '-15', `${root}netem/kernel/docker-run`, ...inside])
}
