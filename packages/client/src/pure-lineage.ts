import { epochOf, type Genesis, initialLedger } from '@groundwork/genesis'
import { pureRules, type Verify } from '@groundwork/stake-core'
import { createStakeChain, type StakeChain } from './stake-chain.ts'

/** A stake chain on its own: one epoch from genesis on. */
export function pureLineage(genesis: Genesis, verify: Verify): StakeChain {
  const epoch = epochOf(genesis)
  const position = { ledger: initialLedger(genesis) }
  return createStakeChain({
    epoch,
    parameters: genesis.parameters,
    verify,
    rules: pureRules(epoch),
    base: { view: 0, height: 0, hash: epoch.genesisHash, position },
  })
}
