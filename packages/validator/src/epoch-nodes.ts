import { epochOf, type Genesis, initialLedger } from '@groundwork/genesis'
import { type CreateEpochNode, nodeSignatures } from '@groundwork/host'
import { equal, type KeyPair } from '@groundwork/primitives'
import { createAdmitter, createCore, type EpochStart, pureRules, type Verify } from '@groundwork/stake-core'
import type { ValidatorSeams } from './seams.ts'
import type { Disk } from './storage.ts'

export interface EpochNodesInit {
  readonly genesis: Genesis
  readonly key: KeyPair
  readonly disk: Disk
  readonly verify: Verify
  readonly seams: ValidatorSeams
}

/** Makes the validator of an epoch; it votes if the epoch's set has its key and its journal is whole. */
export function epochNodes(init: EpochNodesInit): CreateEpochNode {
  const { key, disk, verify, seams } = init
  const { parameters } = init.genesis
  // What a journal has lost was signed in the epoch of this start: a later one is entered only when that is durable.
  let { lostView } = disk
  return (start, journal) => {
    const self = start.epoch.validators.validators.findIndex(({ publicKey }) =>
      equal(publicKey, key.publicKey),
    )
    const core = createCore({
      ...start,
      self: disk.maySign && self >= 0 ? self : null,
      parameters,
      rules: seams.rules(start.rules),
      sign: (message) => nodeSignatures.sign(key.secretKey, message),
      lostView,
      journal,
    })
    lostView = 0
    const { epoch, rules } = start
    return { core, admitter: createAdmitter({ epoch, parameters, verify, rules, state: core.state }) }
  }
}

/** Where a stake chain on its own goes on. */
export async function pureStart(genesis: Genesis, { store, head }: Disk): Promise<EpochStart> {
  const beginning = pureBeginning(genesis)
  const position = { ledger: await store.ledger() }
  if (head === undefined || head.certificate === null) return { ...beginning, position }
  return { ...beginning, position, head: { ...head, view: head.certificate.view } }
}

/** Where a stake chain on its own begins. */
export function pureBeginning(genesis: Genesis): EpochStart {
  const epoch = epochOf(genesis)
  return {
    epoch,
    rules: pureRules(epoch),
    position: { ledger: initialLedger(genesis) },
    head: { view: 0, height: 0, hash: epoch.genesisHash, certificate: null },
  }
}
