import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openPlot } from '@groundwork/proof-of-space'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Cluster, createCluster, node, recordsOf, until } from './cluster.ts'

const mebibytes = 48
const dir = mkdtempSync(join(tmpdir(), 'groundwork-full-'))
let isMounted = false
let cluster: Cluster
beforeAll(() => {
  isMounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', dir]).status === 0
  if (!isMounted) console.warn('SKIPPED: a full disk under a farmer, no file system can be mounted here')
})
afterAll(async () => {
  await cluster?.end()
  if (isMounted) spawnSync('umount', [dir])
  rmSync(dir, { recursive: true, force: true })
})

/** Takes what room is left, to the last byte. */
function fill(file: string): void {
  const descriptor = openSync(file, 'w')
  try {
    for (let size = 1 << 20; size >= 1; size >>= 1) {
      try {
        for (;;) writeSync(descriptor, Buffer.alloc(size))
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
      }
    }
  } finally {
    closeSync(descriptor)
  }
}

it('a disk that is full ends a farmer in one line; with room again it farms on, with the plots it had', async (context) => {
  if (!isMounted) context.skip()
  cluster = await createCluster({ nodes: [node('f1', { timelord: true })], dir })
  const { logFile, plotDir } = cluster.home('f1')
  await cluster.start('f1')
  const farmed = () => recordsOf(cluster.trace('f1'), 'farmed').length
  await until('it farms', () => farmed() >= 3)
  const before = await cluster.status('f1')
  const filler = join(dir, 'filler')
  fill(filler)
  const { code, stderr } = await cluster.ended('f1')
  expect(code).toBe(1)
  expect(stderr).toMatch(/^farmer: [^\n]*(ENOSPC|No space left)[^\n]*\n$/)

  rmSync(filler)
  for (const index of [0, 1]) {
    const plot = await openPlot(join(plotDir, `plot-${index}-k16.plot`))
    await plot.close()
  }
  await cluster.start('f1')
  await until('it farms on', async () => {
    const { mode, height, plots, plotsRefused } = await cluster.status('f1')
    return mode === 'farming' && height > before.height && plots.length === 2 && plotsRefused === 0
  })
  expect(recordsOf(cluster.trace('f1'), 'farmer-equivocation')).toEqual([])
  expect(readFileSync(logFile, 'utf8')).toContain('ready')
})
