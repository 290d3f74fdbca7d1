// Installs the pinned toolchain if the lockfile changed since the last install, then runs pnpm with the arguments.
import { run, setUp } from './setup.mjs'

await setUp()
await run('npx', ['--yes', setUp.pnpm, ...process.argv.slice(2)])
