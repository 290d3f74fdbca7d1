import { hybridProfiles } from '@groundwork/hybrid-core'
import { type PhysicalGenesis, physicalProfiles } from '@groundwork/physical-core'
import { ascii, hash, keyPair } from '@groundwork/primitives'
import {
  defaultParameters,
  type Genesis,
  type GenesisAccount,
  type GenesisValidator,
  physicalGenesisHash,
} from '../src/index.ts'

export function publicKey(label: string): Uint8Array {
  return keyPair(hash('test/genesis-key', ascii(label))).publicKey
}

export const validator = (name: string, weight: number, region: string): GenesisValidator => ({
  name,
  publicKey: publicKey(name),
  weight,
  labels: { region, cloud: 'aws', jurisdiction: 'US', entity: `${name} Ltd.` },
})

export const account = (name: string, balance: bigint): GenesisAccount => ({
  publicKey: publicKey(name),
  balance,
})

export const example: Genesis = {
  chain: 'example-1',
  validators: [
    validator('v0', 3, 'N_Virginia'),
    validator('v1', 2, 'Ireland'),
    validator('v2', 1, 'Mumbai'),
    validator('v3', 1, 'Mumbai'),
  ],
  accounts: [account('alice', 1_000_000n), account('bob', 7n)],
  parameters: defaultParameters,
}

const here = { name: 'here', maxRttUs: 1_000, minRttUs: [0] }

export const physicalExample: PhysicalGenesis = {
  chain: 'example-1',
  timeMs: 0,
  parameters: { ...physicalProfiles.ci, regionCapMilli: 1000 },
  regions: [here],
  landmarks: [],
  plots: [{ farmer: publicKey('farmer'), index: 0, k: 16, region: 0 }],
}

export const hybridExample: Genesis = {
  ...example,
  hybrid: { physicalGenesis: physicalGenesisHash(physicalExample), parameters: hybridProfiles.ci },
}
