import type { Strategy } from './adversary.ts'
import { equivocate } from './equivocate.ts'
import { falseStatus } from './false-status.ts'
import { garbage } from './garbage.ts'
import { invalidBody } from './invalid-body.ts'
import { repeatTimers } from './repeat-timers.ts'
import { revealLate } from './reveal-late.ts'
import { selective } from './selective.ts'
import { skipAndFinal } from './skip-and-final.ts'
import { staleJustification } from './stale-justification.ts'
import { voteEverything } from './vote-everything.ts'
import { withholdProposals } from './withhold-proposals.ts'
import { withholdVotes } from './withhold-votes.ts'

export { type Adversary, anySide, type Behaviour, combine, corrupt, type Strategy } from './adversary.ts'

export const strategyNames = [
  'equivocate',
  'false-status',
  'garbage',
  'invalid-body',
  'repeat-timers',
  'reveal-late',
  'selective',
  'skip-and-final',
  'stale-justification',
  'vote-everything',
  'withhold-proposals',
  'withhold-votes',
] as const

export type StrategyName = (typeof strategyNames)[number]

export const strategies: Readonly<Record<StrategyName, Strategy>> = {
  equivocate: equivocate,
  'false-status': falseStatus,
  garbage: garbage,
  'invalid-body': invalidBody,
  'repeat-timers': repeatTimers,
  'reveal-late': revealLate,
  selective: selective,
  'skip-and-final': skipAndFinal,
  'stale-justification': staleJustification,
  'vote-everything': voteEverything,
  'withhold-proposals': withholdProposals,
  'withhold-votes': withholdVotes,
}
