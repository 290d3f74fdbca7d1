import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { keyPair } from '@groundwork/primitives'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readHistoryOrders, writeHistoryOrders } from '../src/history-orders.ts'
import { keyFile, readKeyFile, testbedKey } from '../src/index.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'groundwork-orders-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('whoever seizes keys has copies of them', () => {
  const seized = ['0', '1'].map((name) => keyFile('validator', testbedKey(7, 'validator', name)))
  const files = seized.map(({ publicKey }) => join(folder, `${publicKey}.json`))
  for (const [i, file] of files.entries()) writeFileSync(file, JSON.stringify(seized[i]))
  const data = join(folder, 'data')
  const farmers = [{ host: '127.0.0.1', port: 4000 }]
  writeHistoryOrders(data, { keys: files, depth: null, farmers })
  for (const file of files) rmSync(file)

  const { keys, ...orders } = readHistoryOrders(data)
  expect(orders).toEqual({ depth: null, farmers })
  const read = keys.map((file) => readKeyFile(file, 'validator'))
  expect(read).toEqual(['0', '1'].map((name) => keyPair(testbedKey(7, 'validator', name))))
})

test.each([
  ['', /^HISTORY_JSON .*not JSON/],
  ['{"keys":[],"depth":null,"farmers":[]}', /^HISTORY_INVALID .*keys/],
  ['{"keys":["k"],"depth":0,"farmers":[]}', /^HISTORY_INVALID .*depth/],
])('%s is refused in one line', (content, line) => {
  writeFileSync(join(folder, 'history.json'), content)
  expect(() => readHistoryOrders(folder)).toThrow(
    expect.toSatisfy(({ code, message }) => line.test(`${code} ${message}`) && !message.includes('\n')),
  )
})
