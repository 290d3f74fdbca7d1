import { equal, toHex } from '@groundwork/primitives'
import { admittedFromJournal } from './admission.ts'
import { addBlock } from './chain.ts'
import { createContext } from './context.ts'
import { compareEpochs, type JournalEntry, journalEpochOf } from './journal.ts'
import type { LeaderSchedule } from './leader.ts'
import type { BlockRules } from './rules.ts'
import { type CoreInit, type CoreState, initialState, prune, tallyKey, viewState } from './state.ts'
import { addCertificate, addVote } from './tally.ts'

/**
 * Folds a journal into a state. Nothing is signed and nothing is sent: the effects of the fold are dropped, own votes
 * go back into the tally, and what was voted for stays forbidden or allowed as before the crash. Entries of other epochs
 * say nothing here; a later one that was entered bars this one for good.
 */
export function restore(
  init: CoreInit,
  leaderOf: LeaderSchedule,
  rules: BlockRules,
  journal: readonly JournalEntry[],
): CoreState {
  const state = initialState(init)
  const context = createContext(init, state, leaderOf, rules)
  for (const entry of journal) {
    if (entry.kind !== 'entered' && !equal(journalEpochOf(entry), init.epoch.id)) continue
    switch (entry.kind) {
      case 'voted': {
        const { vote } = entry
        if (vote.view > state.final.view) viewState(state, vote.view).own[vote.type] = vote
        addVote(context, vote)
        break
      }
      case 'proposed':
      case 'block': {
        const admitted = admittedFromJournal(entry.proposal)
        const { view } = entry.proposal.block.header
        if (view <= state.final.view) break
        const known = viewState(state, view)
        if (entry.kind === 'proposed') known.own.proposal = entry.proposal
        known.proposal ??= toHex(admitted.hash)
        addBlock(context, admitted)
        break
      }
      case 'witnessed':
        addVote(context, entry.vote)
        break
      case 'entered':
        if (state.entered === null || compareEpochs(entry, state.entered) > 0) {
          const { generation, number, epochId } = entry
          state.entered = { generation, number, epochId }
        }
        break
      case 'certificate':
      case 'finalized':
        addCertificate(context, entry.certificate, null)
        break
    }
  }
  state.fetching.clear()
  prune(state)
  return state
}

/** What a later start needs of the journal: everything above the floor, and the floor itself. */
export function snapshot(state: CoreState): JournalEntry[] {
  const entries: JournalEntry[] = []
  if (state.entered !== null) entries.push({ kind: 'entered', ...state.entered })
  const { certificate, height } = state.final
  if (certificate !== null) entries.push({ kind: 'finalized', certificate, height })
  for (const view of [...state.views.values()].sort((a, b) => a.view - b.view)) {
    if (view.own.proposal !== undefined) entries.push({ kind: 'proposed', proposal: view.own.proposal })
    const { notar, skip, final } = view.own
    const block = notar === undefined ? undefined : state.blocks.get(toHex(notar.hash))
    if (block !== undefined) entries.push({ kind: 'block', proposal: block.proposal })
    for (const vote of [notar, skip, final]) if (vote !== undefined) entries.push({ kind: 'voted', vote })
    for (const [voter, votes] of view.votes) {
      if (view.accused.has(voter)) for (const vote of votes) entries.push({ kind: 'witnessed', vote })
    }
    for (const [key, kept] of view.certificates) {
      if (key === tallyKey(kept.type, kept.hash)) entries.push({ kind: 'certificate', certificate: kept })
    }
  }
  return entries
}
