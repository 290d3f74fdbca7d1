import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { fromHex, toHex } from '@groundwork/primitives'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createPlot, openPlot, verify } from '../src/index.ts'
import { challengeOf, plotIds } from './plots.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'groundwork-plots-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The counts of chiapos' tests/test.cpp (Chia Network, Apache-2.0). */
describe('plots have exactly the proofs that the reference implementation finds', () => {
  it.each([
    { id: 1, k: 18, challenges: 100, expected: 95 },
    { id: 1, k: 19, challenges: 100, expected: 71 },
    { id: 3, k: 20, challenges: 500, expected: 469 },
  ] as const)('$expected for $challenges challenges at k = $k', async ({ id, k, challenges, expected }) => {
    const file = join(folder, `${k}.plot`)
    const plotId = fromHex(plotIds[id])
    await createPlot({ file, plotId, k })
    const plot = await openPlot(file)
    const disk = await openPlot(file, { tables: 'disk' })
    let proofs = 0
    for (let i = 0; i < challenges; i++) {
      const challenge = challengeOf(i)
      const found = plot.lookUp(challenge)
      expect(disk.lookUp(challenge)).toEqual(found)
      for (const { entry, quality } of found) {
        const proof = plot.prove(entry)
        expect(toHex(verify({ plotId, k, challenge, proof }) ?? new Uint8Array())).toBe(toHex(quality))
        proofs++
      }
    }
    await disk.close()
    rmSync(file)
    expect(proofs).toBe(expected)
  })
})

describe('plotting that is killed', () => {
  it('leaves nothing under the name, and a restart plots and clears up', async () => {
    const home = mkdtempSync(join(folder, 'killed-'))
    const file = join(home, 'a.plot')
    const program = fileURLToPath(new URL('plot-child.ts', import.meta.url))
    const child = spawn(process.execPath, [program, file, '18'], { stdio: ['ignore', 'pipe', 'inherit'] })
    for await (const line of createInterface(child.stdout)) if (Number(line) > 0.5) break
    child.kill('SIGKILL')
    await once(child, 'exit')
    const abandoned = readdirSync(home)
    expect(abandoned).toHaveLength(1)
    expect(abandoned[0]).toMatch(/^a\.plot\.\d+-[0-9a-f]{8}\.partial$/)
    await createPlot({ file, plotId: fromHex(plotIds[1]), k: 16 })
    expect(readdirSync(home)).toEqual(['a.plot'])
    expect((await openPlot(file)).k).toBe(16)
  })
})

/** A file system of a few megabytes; false where that is not allowed. */
function mounted(at: string, megabytes: number): boolean {
  return spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', at]).status === 0
}

describe('a full disk', () => {
  const plotId = fromHex(plotIds[1])
  let small: string
  let isMounted: boolean
  beforeAll(() => {
    small = mkdtempSync(join(tmpdir(), 'groundwork-small-'))
    isMounted = mounted(small, 4)
    if (!isMounted)
      console.warn('SKIPPED: plotting to a full disk, no file system of our own can be mounted here')
  })
  afterAll(() => {
    if (isMounted) spawnSync('umount', [small])
    rmSync(small, { recursive: true, force: true })
  })
  const full = expect.objectContaining({ name: 'CodedError', code: 'PLOT_DISK_FULL' })

  it('is found before the work where the plot cannot fit', async (context) => {
    if (!isMounted) context.skip()
    const progress: number[] = []
    const onProgress = (done: number) => progress.push(done)
    await expect(createPlot({ file: join(small, 'a.plot'), plotId, k: 18, onProgress })).rejects.toEqual(full)
    expect(progress).toEqual([])
    expect(readdirSync(small)).toEqual([])
  })

  it('while the plot is made leaves no part of it, and with room again it is made', async (context) => {
    if (!isMounted) context.skip()
    const file = join(small, 'a.plot')
    const filler = join(small, 'filler')
    const onProgress = (done: number) => {
      if (done > 0.5) writeFileSync(filler, new Uint8Array(2_000_000))
    }
    await expect(createPlot({ file, plotId, k: 16, onProgress })).rejects.toEqual(full)
    expect(readdirSync(small)).toEqual(['filler'])
    rmSync(filler)
    await createPlot({ file, plotId, k: 16 })
    expect((await openPlot(file)).k).toBe(16)
    expect(readdirSync(small)).toEqual(['a.plot'])
  })
})
