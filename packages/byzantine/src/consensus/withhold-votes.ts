import { outgoing, type Strategy } from './adversary.ts'

/** Receives everything and votes for nothing: offline stake that keeps its connections. */
export const withholdVotes: Strategy = () => (_event, effects) =>
  effects.filter((effect) => outgoing(effect)?.kind !== 'vote')
