import { createHash } from 'node:crypto'
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fromHex, toHex } from '@groundwork/primitives'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createPlot, openPlot, type Plot, verify } from '../src/index.ts'
import { challengeOf, plotIds } from './plots.ts'

const k = 16
const plotId = fromHex(plotIds[1])
let folder: string
let whole: string
let bytes: Uint8Array

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'groundwork-plots-'))
  whole = join(folder, 'whole.plot')
  await createPlot({ file: whole, plotId, k })
  bytes = readFileSync(whole)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))
beforeEach(() => {
  for (const name of readdirSync(folder)) if (name !== 'whole.plot') rmSync(join(folder, name))
})

const code = (code: string) => expect.objectContaining({ name: 'CodedError', code })
const both = ['memory', 'disk'] as const

function copy(change: (bytes: Uint8Array) => Uint8Array): string {
  const file = join(folder, 'copy.plot')
  writeFileSync(file, change(Uint8Array.from(bytes)))
  return file
}

/** Puts the checksum right again. */
function signed(image: Uint8Array): Uint8Array {
  image.set(createHash('sha256').update(image.subarray(0, -32)).digest(), image.length - 32)
  return image
}

describe('a plot file', () => {
  it('is the same for the same id and k', () => {
    expect(toHex(bytes.subarray(0, 68))).toMatchInlineSnapshot(
      `"894757504c4f540a00011023023404333717545b0a6f0c0dde9710e4d3fe2d5cc6cc0a090a0b818bab0f170000cac30000ca7d0000c9770000c9960000ce060000e55900"`,
    )
    expect(toHex(bytes.subarray(-32))).toMatchInlineSnapshot(
      `"3aa9ac24653955512247cceac1cd7d70ec980e1d2ef3cf474de5dd6c3d3b8223"`,
    )
  })

  it.each(both)('says what it is: %s', async (tables) => {
    const plot = await openPlot(whole, { tables })
    expect(plot).toMatchObject({ file: whole, plotId, k, bytes: bytes.length })
    expect(toHex(plot.checksum)).toBe(toHex(bytes.subarray(-32)))
    await plot.close()
  })

  it('gives the same from memory and from the disk', async () => {
    const memory = await openPlot(whole)
    const disk = await openPlot(whole, { tables: 'disk' })
    let proofs = 0
    for (let i = 0; i < 300; i++) {
      const challenge = challengeOf(i)
      const found = memory.lookUp(challenge)
      expect(disk.lookUp(challenge)).toEqual(found)
      for (const { entry, quality } of found) {
        const proof = disk.prove(entry)
        expect(proof).toEqual(memory.prove(entry))
        expect(verify({ plotId, k, challenge, proof })).toEqual(quality)
        proofs++
      }
    }
    expect(proofs).toBeGreaterThan(200)
    await disk.close()
  })

  it('goes on giving the same from the disk when reading is optimized', async () => {
    const memory = await openPlot(whole)
    const disk = await openPlot(whole, { tables: 'disk' })
    for (let i = 0; i < 1500; i++) {
      const challenge = challengeOf(i)
      for (const { entry } of disk.lookUp(challenge)) expect(disk.prove(entry)).toEqual(memory.prove(entry))
    }
    await disk.close()
  })

  it('gives the same at both ends of table 7 and where f7 repeats itself', async () => {
    const memory = await openPlot(whole)
    const disk = await openPlot(whole, { tables: 'disk' })
    let several = 0
    for (let f7 = 0; f7 < 2 ** k; f7 += f7 > 2000 && f7 < 2 ** k - 2000 ? 61 : 1) {
      const challenge = Uint8Array.of(f7 >> 8, f7, ...new Uint8Array(30))
      const found = memory.lookUp(challenge)
      expect(disk.lookUp(challenge)).toEqual(found)
      if (found.length > 2) several++
    }
    expect(several).toBeGreaterThan(10)
    await disk.close()
  })
})

describe.each(both)('a file that is no whole plot is refused: %s', (tables) => {
  const refusal = async (file: string): Promise<string> => {
    const plot = await openPlot(file, { tables }).catch((error) => error)
    expect(plot).toMatchObject({ name: 'CodedError' })
    expect(plot.message.split('\n')).toHaveLength(1)
    expect(plot.message.startsWith(file)).toBe(true)
    return plot.code
  }

  it('cut anywhere', async () => {
    for (let length = 0; length <= 70; length++) {
      const expected = length < 8 ? 'PLOT_FOREIGN' : 'PLOT_TRUNCATED'
      expect(await refusal(copy((image) => image.subarray(0, length))), `${length}`).toBe(expected)
    }
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: bytes.length - 1 }), async (length) => {
        const codes = ['PLOT_TRUNCATED', 'PLOT_FOREIGN']
        expect(codes).toContain(await refusal(copy((image) => image.subarray(0, length))))
      }),
      { numRuns: 30, examples: [[bytes.length - 1], [bytes.length - 32], [bytes.length - 33]] },
    )
  })

  it('with something behind it', async () => {
    expect(await refusal(copy((image) => new Uint8Array([...image, 0])))).toBe('PLOT_TRUNCATED')
  })

  it('with any byte changed', async () => {
    const changed = (at: number, by: number) =>
      copy((image) => {
        image[at]! ^= by
        return image
      })
    const codes = ['PLOT_FOREIGN', 'PLOT_VERSION', 'PLOT_TRUNCATED', 'PLOT_CORRUPT']
    for (let at = 0; at < 68; at++) expect(codes, `${at}`).toContain(await refusal(changed(at, 1)))
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: bytes.length - 69 }),
        fc.integer({ min: 1, max: 255 }),
        async (at, by) => {
          expect(await refusal(changed(68 + at, by))).toBe('PLOT_CORRUPT')
        },
      ),
      { numRuns: 40, examples: [[bytes.length - 69, 1]] },
    )
  })

  it('of another kind, of another version', async () => {
    expect(await refusal(copy(() => new TextEncoder().encode('plot_id,k,challenge,proof\n'.repeat(9))))).toBe(
      'PLOT_FOREIGN',
    )
    expect(await refusal(copy(() => new Uint8Array()))).toBe('PLOT_FOREIGN')
    const later = copy((image) => {
      image[9] = 2
      return signed(image)
    })
    expect(await refusal(later)).toBe('PLOT_VERSION')
  })

  it('not there, a folder', async () => {
    expect(await refusal(join(folder, 'none.plot'))).toBe('PLOT_FILE')
    expect(await refusal(folder)).toBe('PLOT_FILE')
  })
})

describe('a plot whose entries point nowhere, under a right checksum', () => {
  const everywhere = (from: number, word: number) =>
    copy((image) => {
      const view = new DataView(image.buffer)
      for (let at = from; at < image.length - 32; at += 4) view.setUint32(at, word, true)
      return signed(image)
    })

  it('is refused when it is opened in memory', async () => {
    // In the header, in table 7, in the others.
    for (const from of [68, 72, 68 + 12 * 70_000]) {
      await expect(openPlot(everywhere(from, 0xffff_ffff))).rejects.toEqual(code('PLOT_CORRUPT'))
    }
  })

  it('is found out by the look-up on the disk', async () => {
    const plot = await openPlot(everywhere(68 + 12 * 70_000, 0xffff_ffff), { tables: 'disk' })
    const lookAll = (): void => {
      for (let i = 0; i < 20; i++) plot.lookUp(challengeOf(i))
    }
    expect(lookAll).toThrow(code('PLOT_CORRUPT'))
    await plot.close()
  })
})

it('a plot that is cut while it is used from the disk is an error with a code', async () => {
  const file = copy((image) => image)
  const plot = await openPlot(file, { tables: 'disk' })
  truncateSync(file, 1000)
  const lookAll = (): void => {
    for (let i = 0; i < 20; i++) plot.lookUp(challengeOf(i))
  }
  expect(lookAll).toThrow(code('PLOT_TRUNCATED'))
  await plot.close()
})

describe('plotting', () => {
  const file = () => join(folder, 'new.plot')
  const left = () => readdirSync(folder).filter((name) => name !== 'whole.plot')

  it('refuses another k or id, and plots nothing', async () => {
    for (const bad of [15, 25, 16.5, Number.NaN]) {
      await expect(createPlot({ file: file(), plotId, k: bad })).rejects.toEqual(code('PLOT_K'))
    }
    const short = plotId.subarray(0, 31)
    await expect(createPlot({ file: file(), plotId: short, k })).rejects.toEqual(code('PLOT_ID'))
    expect(left()).toEqual([])
  })

  it('leaves a file that is there alone, unless it may replace it', async () => {
    writeFileSync(file(), 'mine')
    await expect(createPlot({ file: file(), plotId, k })).rejects.toEqual(code('PLOT_EXISTS'))
    expect(readFileSync(file(), 'utf8')).toBe('mine')
    await createPlot({ file: file(), plotId, k, replace: true })
    expect(readFileSync(file())).toEqual(Buffer.from(bytes))
    expect(left()).toEqual(['new.plot'])
  })

  it('where nothing can be written fails before the work', async () => {
    const progress: number[] = []
    const onProgress = (done: number) => progress.push(done)
    const nowhere = join(folder, 'none', 'new.plot')
    await expect(createPlot({ file: nowhere, plotId, k, onProgress })).rejects.toEqual(code('PLOT_FILE'))
    const inFile = join(whole, 'new.plot')
    await expect(createPlot({ file: inFile, plotId, k, onProgress })).rejects.toEqual(code('PLOT_FILE'))
    expect(progress).toEqual([])
  })

  it('that is interrupted leaves nothing', async () => {
    const controller = new AbortController()
    const onProgress = (done: number) => {
      if (done > 0.3) controller.abort()
    }
    const created = createPlot({ file: file(), plotId, k, onProgress, signal: controller.signal })
    await expect(created).rejects.toEqual(code('PLOT_ABORTED'))
    expect(left()).toEqual([])
    await expect(createPlot({ file: file(), plotId, k, signal: controller.signal })).rejects.toEqual(
      code('PLOT_ABORTED'),
    )
    expect(left()).toEqual([])
  })

  it('whose thread dies leaves nothing', async () => {
    const threadUrl = new URL(`data:text/javascript,throw new Error('out of memory')`)
    await expect(createPlot({ file: file(), plotId, k, threadUrl })).rejects.toEqual(code('PLOT_WORKER'))
    const quiet = new URL('data:text/javascript,process.exit(0)')
    await expect(createPlot({ file: file(), plotId, k, threadUrl: quiet })).rejects.toEqual(
      code('PLOT_WORKER'),
    )
    expect(left()).toEqual([])
  })

  it('twice at once to one file gives one whole plot', async () => {
    await Promise.allSettled([
      createPlot({ file: file(), plotId, k }),
      createPlot({ file: file(), plotId: fromHex(plotIds[3]), k }),
    ])
    const plot: Plot = await openPlot(file())
    expect(Object.values(plotIds)).toContain(toHex(plot.plotId))
    expect(left()).toEqual(['new.plot'])
  })

  it('removes what killed processes left for this file, and nothing else', async () => {
    const gone = 2 ** 22 + 1
    const names = [
      `new.plot.${gone}-0123abcd.partial`,
      `new.plot.${process.pid}-0123abcd.partial`,
      `other.plot.${gone}-0123abcd.partial`,
      `new.plot.partial`,
    ]
    for (const name of names) copyFileSync(whole, join(folder, name))
    await createPlot({ file: file(), plotId, k })
    expect(left().sort()).toEqual([...names.slice(1), 'new.plot'].sort())
    expect(existsSync(file())).toBe(true)
  })
})
