import { defaultParameters, epochOf, type Genesis, initialLedger } from '@groundwork/genesis'
import { nodeSignatures } from '@groundwork/host'
import { encodeTransfer, transferMessage } from '@groundwork/ledger'
import { ascii, type Bytes, hash, keyPair, toHex } from '@groundwork/primitives'
import {
  type Certificate,
  createAdmitter,
  createCore,
  type Vote,
  type VoteType,
  voteMessage,
} from '@groundwork/stake-core'

const labels = { region: 'here', cloud: 'none', jurisdiction: 'none', entity: 'test' }
const keys = [0, 1, 2, 3].map((i) => keyPair(hash('test/key', Uint8Array.of(i))))
const account = keyPair(hash('test/account'))

const genesis: Genesis = {
  chain: 'test',
  validators: keys.map(({ publicKey }, i) => ({ name: `v${i + 1}`, publicKey, weight: 1, labels })),
  accounts: [{ publicKey: account.publicKey, balance: 1_000n }],
  parameters: defaultParameters,
}

/** Validator 0 of four at the genesis of a chain, without a process around it. */
export function smallChain() {
  const epoch = epochOf(genesis)
  const core = createCore({
    epoch,
    self: 0,
    parameters: genesis.parameters,
    sign: (message) => nodeSignatures.sign(keys[0]!.secretKey, message),
    head: { view: 0, height: 0, hash: epoch.genesisHash, certificate: null },
    position: { ledger: initialLedger(genesis) },
    journal: [],
  })
  const { verify } = nodeSignatures
  const admitter = createAdmitter({ epoch, parameters: genesis.parameters, verify, state: core.state })
  return { epoch, core, admitter, verify }
}

export function signedVote(voter: number, view: number, type: VoteType, blockHash: Bytes): Vote {
  const { id } = epochOf(genesis)
  const signature = nodeSignatures.sign(keys[voter]!.secretKey, voteMessage(id, view, type, blockHash))
  return { epochId: id, view, type, hash: blockHash, voter, signature }
}

export function signedCertificate(
  voters: readonly number[],
  view: number,
  type: VoteType,
  blockHash: Bytes,
): Certificate {
  const { id } = epochOf(genesis)
  const signatures = voters.map((voter) => signedVote(voter, view, type, blockHash))
  return { epochId: id, view, type, hash: blockHash, signatures }
}

export function encodedTransfer(nonce: number, amount = 1n): string {
  const transfer = { from: account.publicKey, to: hash('test/to'), amount, fee: 0n, nonce }
  const signature = nodeSignatures.sign(
    account.secretKey,
    transferMessage(epochOf(genesis).chainId, transfer),
  )
  return toHex(encodeTransfer({ ...transfer, signature }))
}

export const someHash: Bytes = hash('test/block', ascii('x'))
