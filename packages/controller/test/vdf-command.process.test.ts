import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const vdf = (...args: readonly string[]) =>
  spawnSync(process.execPath, [main, 'vdf', ...args], { encoding: 'utf8' })

test('vdf bench --json prints one object and nothing else on standard output', () => {
  const { status, stdout } = vdf('bench', '--runs', '1', '--json')
  expect(status).toBe(0)
  const report = JSON.parse(stdout)
  expect(report).toMatchObject({ version: 1, path: 'openssl', runs: 1 })
  expect(report.rows.map((row: { iterations: number }) => Math.log2(row.iterations))).toEqual([
    14, 16, 17, 18, 20,
  ])
})
