import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defaultParameters, type Genesis } from '@groundwork/genesis'
import { hybridProfiles } from '@groundwork/hybrid-core'
import { hash, keyPair } from '@groundwork/primitives'
import { createLog } from '@groundwork/program'
import { afterAll, expect, it } from 'vitest'
import { type Disk, openDisk } from '../src/storage.ts'

const root = mkdtempSync(join(tmpdir(), 'groundwork-storage-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const [first, second, newcomer] = ['first', 'second', 'newcomer'].map((name) =>
  keyPair(hash(`test/${name}`)),
) as [ReturnType<typeof keyPair>, ReturnType<typeof keyPair>, ReturnType<typeof keyPair>]
const labels = { region: 'here', cloud: 'none', jurisdiction: 'none', entity: 'test' }
const alone: Genesis = {
  chain: 'test',
  validators: [first, second].map(({ publicKey }, i) => ({ name: `v${i}`, publicKey, weight: 1, labels })),
  accounts: [],
  parameters: defaultParameters,
}
const hybrid: Genesis = {
  ...alone,
  hybrid: { physicalGenesis: hash('test/physical-genesis'), parameters: hybridProfiles.ci },
}
let opened = 0
const open = (genesis: Genesis, key: ReturnType<typeof keyPair>): Promise<Disk> =>
  openDisk({
    dataDir: join(root, `${opened++}`),
    genesis,
    key,
    log: createLog({ name: 'v', logLevel: 'fatal', logFile: join(root, 'log') }),
    onSync() {},
  })

it('a stake chain on its own has no place for a key that is not in its genesis', async () => {
  await expect(open(alone, newcomer)).rejects.toMatchObject({
    code: 'KEY_UNKNOWN',
    message: 'validatorKey: not the key of a validator of this chain',
  })
})

it('beside a physical chain such a key may sign once it is in a set, and has no position in the genesis', async () => {
  for (const [genesis, key, validator] of [
    [alone, second, 1],
    [hybrid, second, 1],
    [hybrid, newcomer, null],
  ] as const) {
    const disk = await open(genesis, key)
    expect(disk).toMatchObject({ validator, maySign: true })
    await disk.journal.close()
    await disk.store.close()
  }
})
