import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { copyChain } from '../src/runtime/seized-chain.ts'

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
const copied = () => join(to(), 'physical')

it('copies the chain alone, while its owner stands still', async () => {
  write('1.log', 'blocks')
  writeFileSync(join(from(), 'journal'), 'votes')
  const seen: string[] = []
  const look = (what: string) => () => void seen.push(`${what}, copied: ${existsSync(copied())}`)
  await copyChain({ from: from(), to: to(), freeze: look('stands'), thaw: look('goes on') })
  expect(seen).toEqual(['stands, copied: false', 'goes on, copied: true'])
  expect(readdirSync(to())).toEqual(['physical'])
  expect(readFileSync(join(copied(), '1.log'), 'utf8')).toBe('blocks')
})

it('of keys that are seized again leaves nothing of the first time', async () => {
  const still = { from: from(), to: to(), freeze: () => {}, thaw: () => {} }
  write('1.log', 'blocks')
  await copyChain(still)
  rmSync(join(from(), 'physical', '1.log'))
  write('2.log', 'more blocks')
  await copyChain(still)
  expect(readdirSync(copied())).toEqual(['2.log'])
})

it('lets the owner go on when it cannot copy, and alone where there is no chain', async () => {
  const seen: string[] = []
  const still = { freeze: () => seen.push('stands'), thaw: () => seen.push('goes on') }
  await copyChain({ from: from(), to: to(), ...still })
  expect(seen).toEqual([])
  write('1.log', 'blocks')
  writeFileSync(to(), 'a file, no folder')
  await expect(copyChain({ from: from(), to: to(), ...still })).rejects.toThrow()
  expect(seen).toEqual(['stands', 'goes on'])
})
