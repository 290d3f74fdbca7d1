import { emptyLedger, encodeTransfer, type Transfer, transferMessage } from '@groundwork/ledger'
import { type Bytes, hash, keyPair, standInSignatures, toHex } from '@groundwork/primitives'
import {
  type AdmittedTransaction,
  type BlockRules,
  createAdmitter,
  createCore,
  createEpoch,
  type Effect,
  type Epoch,
  type Event,
  type FinalizedBlock,
  type JournalEntry,
  type Message,
  type Parameters,
  pureRules,
  type StakeCore,
  validatorSet,
} from '@groundwork/stake-core'

export const parameters: Parameters = {
  minViewTimeMs: 50,
  timeoutBaseMs: 500,
  timeoutMaxMs: 5_000,
  standstillMs: 400,
  fetchRetryMs: 200,
  fetchRetryMaxMs: 1_000,
  maxBodyBytes: 65_536,
  maxBodyTransactions: 100,
  maxSkips: 4_096,
}

export const seedOf = (label: string): Bytes =>
  hash(
    'test',
    Uint8Array.from(label, (c) => c.charCodeAt(0)),
  )

export function testEpoch(weights: readonly number[]): { epoch: Epoch; secrets: Bytes[] } {
  const secrets = weights.map((_, i) => seedOf(`validator ${i}`))
  const validators = validatorSet(
    weights.map((weight, i) => ({ publicKey: keyPair(secrets[i]!).publicKey, weight })),
  )
  const epoch = createEpoch({
    chainId: seedOf('chain'),
    number: 0,
    genesisHash: seedOf('genesis'),
    validators,
    seed: seedOf('seed'),
  })
  return { epoch, secrets }
}

export const rich: Bytes = seedOf('rich')
const genesisLedger = emptyLedger().set(keyPair(rich).publicKey, { balance: 1_000_000n, nonce: 0 })

export function transferFrom(epoch: Epoch, secret: Bytes, nonce: number, amount: bigint = 1n): Bytes {
  const { publicKey } = keyPair(secret)
  const unsigned = { from: publicKey, to: keyPair(seedOf('poor')).publicKey, amount, fee: 1n, nonce }
  const signature = standInSignatures.sign(secret, transferMessage(epoch.chainId, unsigned))
  return encodeTransfer({ ...unsigned, signature } satisfies Transfer)
}

export interface TestNode {
  core: StakeCore
  journal: JournalEntry[]
  final: FinalizedBlock[]
  effects: Effect[]
  step(event: Event): void
  hand(message: Message, from?: number): string
  submit(bytes: Bytes): AdmittedTransaction
}

/**
 * Validators on a virtual clock with one delay for every link; `cut(from, to)` decides what is lost. `rules` makes the
 * block rules of each; the stake chain's own if left out.
 */
export function testCluster(
  weights: readonly number[],
  delayMs = 10,
  rules: (epoch: Epoch) => BlockRules = pureRules,
) {
  const { epoch, secrets } = testEpoch(weights)
  const queue: { atMs: number; order: number; run: () => void }[] = []
  let nowMs = 0
  let order = 0
  const cluster = {
    epoch,
    secrets,
    nodes: [] as TestNode[],
    cut: (_from: number, _to: number) => false,
    now: () => nowMs,
    run,
    schedule,
  }

  function schedule(afterMs: number, run: () => void): void {
    queue.push({ atMs: nowMs + afterMs, order: order++, run })
  }

  function run(forMs: number, until: () => boolean = () => false): void {
    const endMs = nowMs + forMs
    while (queue.length > 0 && !until()) {
      queue.sort((a, b) => a.atMs - b.atMs || a.order - b.order)
      if (queue[0]!.atMs > endMs) break
      const next = queue.shift()!
      nowMs = next.atMs
      next.run()
    }
    if (!until()) nowMs = endMs
  }

  for (const self of weights.keys()) cluster.nodes.push(node(self, [], []))
  for (const one of cluster.nodes) {
    for (const other of weights.keys()) {
      if (cluster.nodes[other] !== one) one.step({ kind: 'peer-up', peer: `${other}` })
    }
  }
  for (const one of cluster.nodes) one.step({ kind: 'start', signing: true })

  function node(self: number, journal: JournalEntry[], final: FinalizedBlock[]): TestNode {
    const init = {
      epoch,
      self,
      parameters,
      sign: (message: Bytes) => standInSignatures.sign(secrets[self]!, message),
      head: { view: 0, height: 0, hash: epoch.genesisHash, certificate: null },
      position: { ledger: genesisLedger },
      rules: rules(epoch),
    }
    const core = createCore({ ...init, journal })
    const admitter = createAdmitter({
      epoch,
      parameters,
      verify: standInSignatures.verify,
      rules: core.rules,
      state: core.state,
    })
    const made: TestNode = {
      core,
      journal,
      final,
      effects: [],
      step(event) {
        for (const effect of core.step(event)) perform(effect)
      },
      hand(message, from = 0) {
        const admission = admitter.admit(message, `${from}`)
        if (admission.kind === 'event') made.step(admission.event)
        if (admission.kind === 'request') serve(admission.hash, from)
        return admission.kind === 'rejected' ? admission.reason : admission.kind
      },
      submit(bytes) {
        const transaction = admitter.transaction(bytes)
        made.step({ kind: 'transactions', transactions: [transaction] })
        return transaction
      },
    }
    const serve = (wanted: Bytes, to: number) => {
      const proposals = [...core.state.blocks.values()].map(({ proposal, hash }) => ({ proposal, hash }))
      for (const { block, signature, hash } of made.final)
        proposals.push({ proposal: { block, signature }, hash })
      const found = proposals.find(({ hash }) => toHex(hash) === toHex(wanted))
      if (found) transmit(self, to, { kind: 'block-response', proposals: [found.proposal] })
    }
    const perform = (effect: Effect) => {
      made.effects.push(effect)
      if (effect.kind === 'persist') journal.push(...effect.entries)
      if (effect.kind === 'broadcast')
        for (const to of weights.keys()) if (to !== self) transmit(self, to, effect.message)
      if (effect.kind === 'send') transmit(self, Number(effect.to), effect.message)
      if (effect.kind === 'finalize') final.push(...effect.blocks)
      if (effect.kind === 'timer') {
        schedule(
          effect.afterMs,
          () => cluster.nodes[self] === made && made.step({ kind: 'timer', timer: effect.timer }),
        )
      }
    }
    return made
  }

  function transmit(from: number, to: number, message: Message): void {
    if (cluster.cut(from, to)) return
    schedule(delayMs, () => cluster.nodes[to]?.hand(message, from))
  }

  return cluster
}
