import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { copyStores } from '../src/runtime/seized-chain.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'groundwork-seized-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const from = () => join(folder, 'v1')
const to = () => join(folder, 'v1-seized')
const write = (file: string, text: string): void => {
  mkdirSync(join(from(), 'physical'), { recursive: true })
  writeFileSync(join(from(), 'physical', file), text)
}
/** It has no blocks. */
const stores = ['blocks', 'physical']
const copied = () => join(to(), 'physical')

it('copies the chain alone, while its owner stands still', async () => {
  write('1.log', 'blocks')
  writeFileSync(join(from(), 'journal'), 'votes')
  const seen: string[] = []
  const look = (what: string) => () => void seen.push(`${what}, copied: ${existsSync(copied())}`)
  await copyStores({ from: from(), to: to(), stores, freeze: look('stands'), thaw: look('goes on') })
  expect(seen).toEqual(['stands, copied: false', 'goes on, copied: true'])
  expect(readdirSync(to())).toEqual(['physical'])
  expect(readFileSync(join(copied(), '1.log'), 'utf8')).toBe('blocks')
})

it('of keys that are seized again leaves nothing of the first time', async () => {
  const still = { from: from(), to: to(), stores, freeze: () => {}, thaw: () => {} }
  write('1.log', 'blocks')
  await copyStores(still)
  rmSync(join(from(), 'physical', '1.log'))
  write('2.log', 'more blocks')
  await copyStores(still)
  expect(readdirSync(copied())).toEqual(['2.log'])
})

it('lets the owner go on when it cannot copy, and alone where there is no chain', async () => {
  const seen: string[] = []
  const still = { freeze: () => seen.push('stands'), thaw: () => seen.push('goes on') }
  await copyStores({ from: from(), to: to(), stores, ...still })
  expect(seen).toEqual([])
  write('1.log', 'blocks')
  writeFileSync(to(), 'a file, no folder')
  await expect(copyStores({ from: from(), to: to(), stores, ...still })).rejects.toThrow()
  expect(seen).toEqual(['stands', 'goes on'])
})
