import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const processTests = ['packages/*/test/**/*.process.test.ts', 'test/e2e/**/*.test.ts']

/** Programs that tests start by the hundred strip types and compile once. */
const env = { NODE_COMPILE_CACHE: fileURLToPath(new URL('node_modules/.cache/compiled', import.meta.url)) }

/** What they measure, in milliseconds or in shares of the machine, another network on it would spoil; and what must be valid. */
const measuring = [
  'packages/farmer/test/chain.process.test.ts',
  'packages/transport-libp2p/test/{recovery,round-trips}.process.test.ts',
  'packages/validator/test/node.process.test.ts',
  'packages/wan/test/{packets,relay}-{conformance,tcp}.process.test.ts',
  'packages/wan/test/scheduler.process.test.ts',
  'test/e2e/process-runs.test.ts',
]

export default defineConfig({
  test: {
    // Also the last core: on two of them the default is one worker.
    maxWorkers: '100%',
    projects: [
      {
        test: {
          name: 'pure',
          // Files share a worker's modules: half of the time would go into loading them again. Whoever changes a global puts it back.
          isolate: false,
          include: ['packages/*/test/**/*.test.ts', 'test/simulation/**/*.test.ts', 'test/*.test.ts'],
          exclude: ['**/*.process.test.ts', '**/*.netem.test.ts', '**/node_modules/**'],
          testTimeout: 120_000,
        },
      },
      {
        test: {
          // Networks of processes, two at a time: each waits more than it computes.
          name: 'process',
          include: processTests,
          env,
          exclude: [...measuring, '**/*.docker.test.ts', '**/node_modules/**'],
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
          testTimeout: 180_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          // After them, one at a time.
          name: 'process-alone',
          include: measuring,
          env,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
          testTimeout: 180_000,
          hookTimeout: 60_000,
        },
      },
      {
        // With a Docker engine; without one they are skipped, loudly, unless GROUNDWORK_REQUIRE_DOCKER=1 says that they must not.
        test: {
          name: 'docker',
          include: ['packages/*/test/**/*.docker.test.ts', 'test/e2e/**/*.docker.test.ts'],
          fileParallelism: false,
          testTimeout: 240_000,
          // An image may have to be built.
          hookTimeout: 900_000,
        },
      },
      {
        // On a kernel that has netem: scripts/test-netem.mjs finds or starts one.
        test: {
          name: 'netem',
          include: ['packages/*/test/**/*.netem.test.ts'],
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
})
