import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    // Also the last core: on two of them the default is one worker.
    maxWorkers: '100%',
    projects: [
      {
        test: {
          name: 'pure',
          include: ['packages/*/test/**/*.test.ts', 'test/simulation/**/*.test.ts', 'test/*.test.ts'],
          exclude: ['**/*.process.test.ts', '**/*.netem.test.ts', '**/node_modules/**'],
          testTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'process',
          include: ['packages/*/test/**/*.process.test.ts', 'test/e2e/**/*.test.ts'],
          exclude: ['**/*.docker.test.ts', '**/node_modules/**'],
          fileParallelism: false,
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
