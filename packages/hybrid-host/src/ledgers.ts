import { type DeriveContext, type Position, physicalOf } from '@groundwork/hybrid-core'
import type { Told } from './delivery.ts'
import type { LedgerPoint, Ledgers } from './ledger.ts'
import { anchoredUpTo } from './transactions.ts'

/** 2.6, from what was told. `phys` is computed when it is first read. */
export function ledgersFrom(context: DeriveContext, { confirmed, fast }: Told): Ledgers {
  const { epoch, tip, height } = confirmed
  const stake = { epoch: epoch.number, height: tip.height, hash: tip.hash }
  const anchored: LedgerPoint = {
    execution: confirmed.anchored,
    stake,
    physicalHeight: anchoredUpTo(context, confirmed),
  }
  const isAhead = fast !== null && fast.tip.height > tip.height
  return {
    fast: isAhead ? pointOf(fast) : anchored,
    anchored,
    get phys() {
      return { execution: physicalOf(context, confirmed), stake, physicalHeight: height }
    },
  }
}

function pointOf({ epoch, tip, execution }: Position): LedgerPoint {
  return {
    execution,
    stake: { epoch: epoch.number, height: tip.height, hash: tip.hash },
    physicalHeight: tip.anchor.height,
  }
}
