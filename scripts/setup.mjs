// Runs on any Node >= 20, before anything is installed: no dependencies, plain JavaScript.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const node = `${root}node_modules/node/bin/node`

const marker = `${root}node_modules/.groundwork-setup`

/** Installs the locked dependencies unless that was done for this very lockfile. Standard output stays untouched. */
export async function setUp() {
  const wanted = createHash('sha256')
    .update(readFileSync(`${root}pnpm-lock.yaml`))
    .digest('hex')
  if (existsSync(marker) && readFileSync(marker, 'utf8') === wanted) return
  console.error('groundwork: installing the pinned toolchain and libraries (once)')
  await run('npx', ['--yes', setUp.pnpm, 'install', '--frozen-lockfile'], {
    stdio: ['ignore', 2, 2],
    exit: false,
  })
  writeFileSync(marker, wanted)
}
setUp.pnpm = 'pnpm@12.21.0'

/** Where the person stands: npm moves to the root and keeps that in INIT_CWD. */
function workingDirectory() {
  const here = process.cwd()
  return here === resolve(root) ? (process.env.INIT_CWD ?? here) : here
}

/** Runs a command in the repository root and ends this process with its exit code, unless it succeeded and `exit` is false. */
export function run(command, args, { stdio = 'inherit', exit = true, env = {} } = {}) {
  return new Promise((done) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio,
      env: { ...process.env, ...env },
    })
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
    child.on('error', (error) => {
      console.error(`groundwork: cannot run ${command}: ${error.message}`)
      process.exit(2)
    })
    child.on('exit', (code, signal) => {
      if (exit || code !== 0) process.exit(code ?? (signal === 'SIGINT' ? 130 : 2))
      done()
    })
  })
}

/** Sets the workspace up if need be, then runs one of its programs on the pinned Node with the arguments of this process. */
export async function runProgram(path) {
  await setUp()
  if (!existsSync(node)) {
    console.error(`groundwork: the pinned Node is missing at ${node}; remove node_modules and try again`)
    process.exit(2)
  }
  const env = { GROUNDWORK_CWD: workingDirectory() }
  await run(node, [`${root}${path}`, ...process.argv.slice(2)], { env })
}
