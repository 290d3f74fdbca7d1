import {
  emptyLedger,
  encodeStakeTransaction,
  encodeTransfer,
  stakeTransactionMessage,
  transactionId,
  transferMessage,
} from '@groundwork/ledger'
import {
  blockHashOf,
  type Item,
  laneRootsOf,
  type PhysicalBlock,
  plotIdOf,
  trunkHashOf,
} from '@groundwork/physical-core'
import {
  assert,
  type Bytes,
  type Hash,
  hash,
  keyPair,
  type SignatureScheme,
  standInSignatures,
  toHex,
  zeroHash,
} from '@groundwork/primitives'
import {
  type Block,
  type Certificate,
  createEpoch,
  type Epoch,
  type Header,
  hashHeader,
  hashJustification,
  hashTransactions,
  type Validator,
  type VoteType,
  validatorSet,
  voteMessage,
} from '@groundwork/stake-core'
import {
  anchorRange,
  createDerivation,
  creditAfter,
  type DeriveContext,
  type DeriveRecord,
  type DeriveState,
  derive,
  encodeCheckpoint,
  encodeCheckpointBodies,
  encodeForced,
  encodeRecordedVote,
  encodeSpaceVote,
  executeBody,
  extendPosition,
  forcedRootOf,
  type HybridParameters,
  nextValidators,
  type PhysicalEpochView,
  type Position,
  type RecordedVote,
  recordedVoteMessage,
  type SpaceVote,
  spaceVoteMessage,
  stateRootOf,
} from '../src/index.ts'

export interface Party {
  readonly name: string
  readonly secretKey: Bytes
  readonly publicKey: Bytes
  readonly key: string
}

const parties = new Map<string, Party>()
export function party(name: string): Party {
  const known = parties.get(name)
  if (known !== undefined) return known
  const secretKey = hash(
    'test/hybrid',
    Uint8Array.from(name, (c) => c.charCodeAt(0)),
  )
  const { publicKey } = keyPair(secretKey)
  const made = { name, secretKey, publicKey, key: toHex(publicKey) }
  parties.set(name, made)
  return made
}

export interface HarnessInit {
  readonly parameters: HybridParameters
  readonly weights?: readonly number[]
  readonly farmers?: number
  readonly signatures?: SignatureScheme
  /** Physical blocks per physical epoch. */
  readonly epochBlocks?: number
}

/** A physical chain with derive on it, and whoever signs on the stake chain, without any network. */
export interface Harness {
  readonly context: DeriveContext
  readonly epochZero: Epoch
  readonly validators: readonly Party[]
  readonly farmers: readonly Party[]
  readonly rich: Party
  readonly states: readonly DeriveState[]
  readonly records: readonly DeriveRecord[]
  readonly blocks: readonly {
    readonly block: PhysicalBlock
    readonly hash: Hash
    readonly epoch: PhysicalEpochView
  }[]
  readonly state: DeriveState
  mine(items?: readonly Item[]): DeriveState
  /** A fork that shares everything up to here. */
  fork(): Harness
  /** A final segment on top of the last checkpoint, as items: one stake block per body. */
  checkpoint(options?: SegmentOptions): Item[]
  transfer(nonce: number, more?: { amount?: bigint; fee?: bigint; from?: Party; to?: Party }): Bytes
  stake(kind: 'bond' | 'unbond', from: Party, amount: bigint, nonce: number): Bytes
  recordedVote(validator: Party, change?: Partial<RecordedVote>): Item
  spaceVote(farmer: Party, change?: Partial<SpaceVote>): Item
  sign(who: Party, message: Bytes): Bytes
  certificate(epoch: Epoch, view: number, type: VoteType, hash: Hash, signers?: readonly Party[]): Certificate
}

export interface SegmentOptions {
  readonly bodies?: readonly (readonly Bytes[])[]
  /** Of the physical chain, for all blocks; kappa + 1 deep by default. */
  readonly anchor?: number
  readonly signers?: readonly Party[]
  readonly change?: (header: Header) => Header
}

export const forced = (transaction: Bytes): Item => ({
  kind: 'forced-transaction',
  bytes: encodeForced(transaction),
})

export function harness(init: HarnessInit): Harness {
  const { parameters, weights = [10, 10, 10, 10], epochBlocks = 64 } = init
  const signatures = init.signatures ?? standInSignatures
  const validators = weights.map((_, i) => party(`validator ${i}`))
  const farmers = Array.from({ length: init.farmers ?? 3 }, (_, i) => party(`farmer ${i}`))
  const rich = party('rich')
  const set: Validator[] = validators.map(({ publicKey }, i) => ({ publicKey, weight: weights[i]! }))
  const chainId = hash('test/chain')
  const epochZero = createEpoch({
    chainId,
    number: 0,
    genesisHash: hash('test/genesis'),
    validators: validatorSet(set),
    seed: hash('test/seed'),
  })
  let ledger = emptyLedger().set(rich.publicKey, { balance: 1_000_000_000n, nonce: 0 })
  for (const name of ['newcomer', 'poor', ...validators.map(({ name }) => name)])
    ledger = ledger.set(party(name).publicKey, { balance: name === 'poor' ? 1n : 1_000_000n, nonce: 0 })
  const views = new Map<number, PhysicalEpochView>()
  const viewOf = (number: number): PhysicalEpochView => {
    const known = views.get(number)
    if (known !== undefined) return known
    const active = farmers.map(({ publicKey: farmer }) => {
      const plotId = plotIdOf(farmer, 0)
      return [toHex(plotId), { effective: 1000n, record: { plotId, farmer, k: 16 } }] as const
    })
    const made = { number, seed: hash('test/physical-seed', Uint8Array.of(number)), active: new Map(active) }
    views.set(number, made)
    return made
  }
  const physicalGenesis = hash('test/physical-genesis')
  const { context, state: genesis } = createDerivation(
    { parameters, epoch: epochZero, ledger, physicalGenesis, space: viewOf(0) },
    signatures.verify,
    ({ proof }) => proof.length === 128 && proof[0] === 1,
  )
  const sign = (who: Party, message: Bytes) => signatures.sign(who.secretKey, message)
  const certificate: Harness['certificate'] = (epoch, view, type, blockHash, signers) => {
    const message = voteMessage(epoch.id, view, type, blockHash)
    const signed = epoch.validators.validators.flatMap(({ publicKey }, voter) => {
      const who = [...parties.values()].find(({ key }) => key === toHex(publicKey))!
      return signers === undefined || signers.includes(who) ? [{ voter, signature: sign(who, message) }] : []
    })
    return { epochId: epoch.id, view, type, hash: blockHash, signatures: signed }
  }

  const build = (past: DeriveState[], log: DeriveRecord[], mined: Harness['blocks'][number][]): Harness => {
    const states = [...past]
    const records = [...log]
    const blocks = [...mined]
    const last = () => states.at(-1)!
    return {
      context,
      epochZero,
      validators,
      farmers,
      rich,
      states,
      records,
      blocks,
      get state() {
        return last()
      },
      sign,
      certificate,
      fork: () => build(states, records, blocks),
      mine(items = []) {
        const before = last()
        const height = before.height + 1
        const trunk = {
          slot: height,
          parentTrunk: zeroHash,
          plotId: plotIdOf(farmers[0]!.publicKey, 0),
          k: 16,
          proof: new Uint8Array(128),
          y: new Uint8Array(256),
        }
        const foliage = {
          height,
          parentHash: before.hash,
          trunkHash: trunkHashOf(trunk),
          farmer: farmers[0]!.publicKey,
          laneRoots: laneRootsOf(items),
        }
        const block: PhysicalBlock = { trunk, foliage, signature: new Uint8Array(64), items }
        const input = { block, hash: blockHashOf(foliage), epoch: viewOf(Math.floor(height / epochBlocks)) }
        const derived = derive(context, before, input)
        states.push(derived.state)
        records.push(...derived.records)
        blocks.push(input)
        return derived.state
      },
      checkpoint({ bodies = [[]], anchor, signers, change = (header: Header) => header } = {}) {
        let position: Position = last()
        const { height, epoch } = last()
        const made: Block[] = []
        for (const body of bodies) {
          const wanted = anchor ?? Math.max(position.tip.anchor.height, height - parameters.kappa)
          const block = makeBlock(context, certificate, position, made.at(-1), body, wanted, change)
          const extension = extendPosition(context, position, block)
          if (extension.kind === 'extended') position = extension.position
          made.push(block)
        }
        const tip = made.at(-1)!
        const tipHash = hashHeader(tip.header)
        const final = certificate(epoch, tip.header.view, 'final', tipHash, signers)
        return [
          {
            kind: 'checkpoint-bodies',
            bytes: encodeCheckpointBodies({ tip: tipHash, bodies: made.map(({ body }) => body) }),
          },
          { kind: 'checkpoint', bytes: encodeCheckpoint({ blocks: made, path: [], final }) },
        ]
      },
      transfer(nonce, { amount = 1n, fee = 1n, from = rich, to = party('poor') } = {}) {
        const fields = { from: from.publicKey, to: to.publicKey, amount, fee, nonce }
        return encodeTransfer({ ...fields, signature: sign(from, transferMessage(chainId, fields)) })
      },
      stake(kind, from, amount, nonce) {
        const fields = { kind, from: from.publicKey, amount, fee: 1n, nonce }
        return encodeStakeTransaction({
          ...fields,
          signature: sign(from, stakeTransactionMessage(chainId, fields)),
        })
      },
      recordedVote(validator, change = {}) {
        const { mode, epoch, targets } = last()
        const open = mode.recorded?.open
        assert(open != null, 'a window is open')
        const target = targets.find(({ window }) => window === open.window)!
        const hex = (text: string) =>
          text === '' ? zeroHash : Uint8Array.from(text.match(/../g)!, (b) => Number.parseInt(b, 16))
        const vote = {
          epochId: epoch.id,
          validator: validator.publicKey,
          source: { window: open.source.window, hash: hex(open.source.hash) },
          target: { window: open.window, hash: hex(open.hash), stateRoot: stateRootOf(target.execution) },
          ...change,
        }
        const signature = sign(validator, recordedVoteMessage(vote))
        return { kind: 'recorded-vote', bytes: encodeRecordedVote({ signature, ...vote }) }
      },
      spaceVote(farmer, change = {}) {
        const open = last().mode.recorded?.open
        assert(open != null, 'a window is open')
        const proof = new Uint8Array(128)
        proof[0] = 1
        const targetHash = Uint8Array.from(open.hash.match(/../g)!, (b) => Number.parseInt(b, 16))
        const plotId = plotIdOf(farmer.publicKey, 0)
        const vote = {
          plotId,
          farmer: farmer.publicKey,
          window: open.window,
          targetHash,
          attempt: 0,
          proof,
          ...change,
        }
        const signature = sign(farmer, spaceVoteMessage(vote))
        return { kind: 'space-vote', bytes: encodeSpaceVote({ signature, ...vote }) }
      },
    }
  }
  return build([genesis], [], [])
}

/** A valid block on top of a position, unless it is changed on purpose. */
export function makeBlock(
  context: DeriveContext,
  certificate: Harness['certificate'],
  position: Position,
  parent: Block | undefined,
  body: readonly Bytes[],
  anchorHeight: number,
  change: (header: Header) => Header = (header) => header,
): Block {
  const { tip, epoch, pending, execution } = position
  const at = pending.find(({ height }) => height === anchorHeight)
  const anchor = at === undefined ? tip.anchor : { height: at.height, hash: at.hash }
  const range = anchorRange(position, anchor) ?? []
  const view = tip.view + 1
  const justification = {
    parent: tip.view === 0 ? null : certificate(epoch, tip.view, 'notar', tip.hash),
    skips: [],
  }
  const plain: Header = {
    epochId: epoch.id,
    view,
    height: tip.height + 1,
    parentHash: parent === undefined ? tip.hash : hashHeader(parent.header),
    parentView: tip.view,
    justificationRoot: hashJustification(justification),
    anchor: { height: anchor.height, hash: anchor.hash },
    forcedRoot: forcedRootOf(range),
    transactionsRoot: hashTransactions(body.map(transactionId)),
    stateRoot: zeroHash,
    credit: 0,
    validatorsHash: epoch.validators.hash,
    nextValidatorsHash: epoch.validators.hash,
    proposer: 0,
  }
  const block = { header: plain, justification, body }
  const executed = executeBody(context, execution, range, block)
  const after = executed.kind === 'executed' ? executed.execution : execution
  const header = {
    ...plain,
    stateRoot: stateRootOf(after),
    credit: Math.max(0, creditAfter(context, position, block, range)),
    nextValidatorsHash: nextValidators(context, position, after, plain.height).hash,
  }
  return { ...block, header: change(header) }
}
