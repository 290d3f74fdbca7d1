import { defaultParameters, epochOf, type Genesis, initialLedger } from '@groundwork/genesis'
import { createSegmentServer, memoryBlockStore, nodeSignatures } from '@groundwork/host'
import {
  applyTransfer,
  encodeTransfer,
  type Ledger,
  type Transfer,
  transactionId,
  transferMessage,
} from '@groundwork/ledger'
import { type Hash, hash, type KeyPair, keyPair, zeroHash } from '@groundwork/primitives'
import {
  type Block,
  type Certificate,
  encodeSegment,
  type FinalizedBlock,
  type Header,
  hashHeader,
  hashJustification,
  hashTransactions,
  type Justification,
  leaderSchedule,
  proposalMessage,
  type VoteType,
  voteMessage,
} from '@groundwork/stake-core'

const labels = { region: 'here', cloud: 'none', jurisdiction: 'none', entity: 'test' }
export const validatorKeys: readonly KeyPair[] = [0, 1, 2, 3].map((i) =>
  keyPair(hash('test/validator', Uint8Array.of(i))),
)
const keys = validatorKeys
const account = keyPair(hash('test/account'))

export const stakeGenesis: Genesis = {
  chain: 'test',
  validators: keys.map(({ publicKey }, i) => ({ name: `v${i + 1}`, publicKey, weight: 1, labels })),
  accounts: [{ publicKey: account.publicKey, balance: 1_000_000n }],
  parameters: defaultParameters,
}
export const epoch = epochOf(stakeGenesis)

export function transferBytes(
  nonce: number,
  chain: Hash = epoch.chainId,
  to: Uint8Array = hash('test/to'),
): Uint8Array {
  const transfer: Omit<Transfer, 'signature'> = {
    from: account.publicKey,
    to,
    amount: 1n,
    fee: 0n,
    nonce,
  }
  const signature = nodeSignatures.sign(account.secretKey, transferMessage(chain, transfer))
  return encodeTransfer({ ...transfer, signature })
}

export function certify(type: VoteType, view: number, name: Hash, voters = [0, 1, 2]): Certificate {
  const signatures = voters.map((voter) => ({
    voter,
    signature: nodeSignatures.sign(keys[voter]!.secretKey, voteMessage(epoch.id, view, type, name)),
  }))
  return { epochId: epoch.id, view, type, hash: name, signatures }
}

interface Tip {
  readonly view: number
  readonly height: number
  readonly hash: Hash
  readonly ledger: Ledger
  readonly nonce: number
}

export interface Growing {
  /** Views that were skipped before. */
  readonly skips?: number
  readonly transfers?: number
  /** Overrides what the header says. */
  readonly header?: Partial<Header>
}

/** A chain that grows block by block as honest validators make it. */
export function stakeWorld() {
  let tip: Tip = {
    view: 0,
    height: 0,
    hash: epoch.genesisHash,
    ledger: initialLedger(stakeGenesis),
    nonce: 0,
  }
  const store = memoryBlockStore(initialLedger(stakeGenesis))
  const serve = createSegmentServer(store)

  const make = ({ skips = 0, transfers = 1, header: changed = {} }: Growing): [FinalizedBlock, Tip] => {
    const view = tip.view + 1 + skips
    const justification: Justification = {
      parent: tip.view === 0 ? null : certify('notar', tip.view, tip.hash),
      skips: Array.from({ length: skips }, (_, i) => certify('skip', tip.view + 1 + i, zeroHash)),
    }
    let { ledger, nonce } = tip
    const body = Array.from({ length: transfers }, () => transferBytes(nonce++))
    for (let i = tip.nonce; i < nonce; i++)
      ledger = applyTransfer(ledger, {
        from: account.publicKey,
        to: hash('test/to'),
        amount: 1n,
        fee: 0n,
        nonce: i,
        signature: body[i - tip.nonce]!.slice(-64),
      })
    const ids = body.map(transactionId)
    const header: Header = {
      epochId: epoch.id,
      view,
      height: tip.height + 1,
      parentHash: tip.hash,
      parentView: tip.view,
      justificationRoot: hashJustification(justification),
      anchor: { height: 0, hash: zeroHash },
      forcedRoot: zeroHash,
      transactionsRoot: hashTransactions(ids),
      stateRoot: ledger.root,
      credit: 0,
      validatorsHash: epoch.validators.hash,
      nextValidatorsHash: epoch.validators.hash,
      proposer: leaderSchedule(epoch)(view),
      ...changed,
    }
    const name = hashHeader(header)
    const block: Block = { header, justification, body }
    const signature = nodeSignatures.sign(keys[header.proposer]!.secretKey, proposalMessage(name))
    return [
      { block, hash: name, signature, transactionIds: ids },
      { view, height: header.height, hash: name, ledger, nonce },
    ]
  }

  return {
    /** Adds a final block. */
    grow(growing: Growing = {}): FinalizedBlock {
      const [block, after] = make(growing)
      tip = after
      store.append([block], certify('final', after.view, after.hash), after.ledger)
      return block
    },
    /** A block that could come next, without adding it. */
    next: (growing: Growing = {}): FinalizedBlock => make(growing)[0],
    get tip() {
      return tip
    },
    store,
    segment: serve,
    bytes: async (after: number) => encodeSegment(await serve(after)),
  }
}
export type StakeWorld = ReturnType<typeof stakeWorld>
