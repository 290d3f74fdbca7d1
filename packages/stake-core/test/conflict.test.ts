import { standInSignatures, toHex, zeroHash } from '@groundwork/primitives'
import { expect, test } from 'vitest'
import {
  type Certificate,
  extractEvidence,
  hashHeader,
  hashJustification,
  hashTransactions,
  type Justification,
  leaderSchedule,
  proposalMessage,
  type VoteType,
  voteMessage,
  weightOf,
} from '../src/index.ts'
import { parameters, testCluster } from './cluster.ts'

test('a final chain that contradicts the own one is told with its blocks, which name the guilty', () => {
  const cluster = testCluster([1, 1, 1, 1])
  const { epoch, secrets } = cluster
  const [node] = cluster.nodes
  cluster.run(10_000, () => node!.final.length > 0)
  const { final } = node!.core.state
  const certify = (view: number, type: VoteType, name = zeroHash): Certificate => ({
    ...{ epochId: epoch.id, view, type, hash: name },
    signatures: [0, 1, 2].map((voter) => {
      const message = voteMessage(epoch.id, view, type, name)
      return { voter, signature: standInSignatures.sign(secrets[voter]!, message) }
    }),
  })
  // Three of four pass over everything that is final, and finalize a block on the genesis.
  const view = final.view + 2
  const skips = Array.from({ length: view - 1 }, (_, i) => certify(i + 1, 'skip'))
  const justification: Justification = { parent: null, skips }
  const proposer = leaderSchedule(epoch)(view)
  const header = {
    ...node!.final[0]!.block.header,
    ...{ view, height: 1, parentHash: epoch.genesisHash, parentView: 0, proposer },
    justificationRoot: hashJustification(justification),
    transactionsRoot: hashTransactions([]),
  }
  const name = hashHeader(header)
  const signature = standInSignatures.sign(secrets[proposer]!, proposalMessage(name))
  node!.hand({ kind: 'proposal', proposal: { block: { header, justification, body: [] }, signature } })
  node!.hand({ kind: 'certificate', certificate: certify(view, 'final', name) })

  const told = node!.effects.flatMap((effect) =>
    effect.kind === 'observe' && effect.observation.kind === 'conflict' ? [effect.observation] : [],
  )
  expect(told).toHaveLength(1)
  expect(told[0]!.blocks.map((block) => toHex(hashHeader(block.header)))).toEqual([toHex(name)])
  const own = { blocks: node!.final.map(({ block }) => block), certificate: final.certificate! }
  const court = { epoch, verify: standInSignatures.verify, maxSkips: parameters.maxSkips }
  const offenders = new Set(extractEvidence(court, own, told[0]!).map(({ offender }) => offender))
  const { quorum, total } = epoch.validators
  expect(weightOf(epoch, offenders)).toBeGreaterThanOrEqual(2 * quorum - total)
})
