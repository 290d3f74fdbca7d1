import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { recordsOf, until } from '../../packages/farmer/test/cluster.ts'
import { chainId } from '../../packages/genesis/src/index.ts'
import { nodeSignatures } from '../../packages/host/src/index.ts'
import { encodeForced } from '../../packages/hybrid-core/src/index.ts'
import { encodeStakeTransaction, stakeTransactionMessage } from '../../packages/ledger/src/index.ts'
import { encodeItem } from '../../packages/physical-core/src/index.ts'
import { type KeyPair, toHex } from '../../packages/primitives/src/index.ts'
import { keyFile, testbedKey, testbedKeyNote } from '../../packages/program/src/index.ts'
import type { Config } from '../../packages/validator/src/index.ts'
import { type HybridCluster, hybridCluster } from './hybrid-cluster.ts'

/** R11 over processes: a validator that was not in the genesis, and whom no configuration names, bonds and signs. */

const patienceMs = 120_000
const newcomer = 'v5'

let network: HybridCluster
beforeAll(async () => {
  network = await hybridCluster({ weights: [1, 1, 1, 1], farmers: 3, hybrid: { epochHeights: 16 } })
  await network.startAll()
})
afterAll(() => network.close())

const configOf = (name: string): Config =>
  JSON.parse(readFileSync(join(network.dir, name, 'config.json'), 'utf8'))

/** What its owner writes: everybody's address, and keys of its own. */
function writeHome(owner: KeyPair): void {
  const dir = join(network.dir, newcomer)
  const [v1, v2] = ['v1', 'v2'].map(configOf) as [Config, Config]
  const peers = [...v2.peers.filter(({ name }) => name === 'v1'), ...v1.peers]
  const config: Config = {
    ...v1,
    name: newcomer,
    listen: { host: '127.0.0.1', port: 0 },
    peers: peers.map((peer) => ({ ...peer, dial: true })),
  }
  mkdirSync(dir)
  const write = (file: string, content: unknown) =>
    writeFileSync(join(dir, file), JSON.stringify(content), { mode: 0o600 })
  write('config.json', config)
  write('validator-key.json', keyFile('validator', owner.secretKey, testbedKeyNote))
  write('network-key.json', keyFile('network', testbedKey(1, 'network', newcomer), testbedKeyNote))
  network.add({
    name: newcomer,
    configFile: join(dir, 'config.json'),
    traceFile: join(dir, 'events.jsonl'),
  })
}

function forcedBond({ publicKey, secretKey }: KeyPair): string {
  const unsigned = { kind: 'bond', from: publicKey, amount: 1n, fee: 1n, nonce: 0 } as const
  const message = stakeTransactionMessage(chainId(network.stake.genesis), unsigned)
  const signature = nodeSignatures.sign(secretKey, message)
  const bytes = encodeForced(encodeStakeTransaction({ ...unsigned, signature }))
  return toHex(encodeItem({ kind: 'forced-transaction', bytes }))
}

it('it is let in when the next set has it, and from the epoch after its votes count', async () => {
  const owner = network.stake.accounts[0]!
  writeHome(owner)
  await network.start(newcomer)
  const refusals = (name: string) =>
    recordsOf(network.trace(name), 'rejected').some(({ counts }) => (counts['unknown-peer'] ?? 0) > 0)
  for (const name of ['v1', 'f1']) await until(`${name} refuses a stranger`, () => refusals(name))
  expect(await network.validator(newcomer)).toMatchObject({ validator: null, finalHeight: 0, peers: [] })

  const { results } = await network.post<{ results: unknown[] }>('f1', 'items', {
    items: [forcedBond(owner)],
  })
  expect(results).toMatchObject([{ accepted: true }])
  await until(
    'it is connected to everybody',
    async () => {
      const { peers, physical } = await network.validator(newcomer)
      return peers.length === 4 && physical?.farmers.length === 3
    },
    patienceMs,
  )
  const isSigning = async () => (await network.validator(newcomer)).mode === 'validating'
  await until('it signs', isSigning, patienceMs)
  const voted = () => recordsOf(network.trace(newcomer), 'voted')
  await until('it has voted', () => voted().length > 0)
  const { stakeEpoch } = voted()[0]!
  expect(stakeEpoch).toBeGreaterThanOrEqual(2)

  // Four of five are a quorum: with one of them gone, every certificate has the vote of each of the others.
  await network.stop('v4')
  const goesOn = async (how: string) => {
    const { finalHeight } = await network.validator('v1')
    const isFinal = async () => (await network.validator('v1')).finalHeight > finalHeight + 4
    await until(`blocks become final ${how}`, isFinal, patienceMs)
  }
  await goesOn('by its votes')

  await network.kill(newcomer)
  await network.start(newcomer)
  await until('it signs again', isSigning, patienceMs)
  await goesOn('after its crash')
}, 400_000)
