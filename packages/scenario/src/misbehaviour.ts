import type { FaultAction, RuntimeName, SeizedUse } from './plan.ts'

/** What a runtime's nodes can do with seized keys. Whatever else a node is made to do, every runtime's nodes can. */
const uses: Readonly<Record<RuntimeName, ReadonlySet<SeizedUse>>> = {
  simulated: new Set(['twins', 'rewrite']),
  process: new Set(['twins', 'rewrite']),
  docker: new Set(['twins']),
}

/** What the nodes of a runtime cannot be made to do, of an action; null: all of it can be done. */
export function beyondPrograms(action: FaultAction, runtime: RuntimeName): string | null {
  if (action.verb !== 'seize-keys' || uses[runtime].has(action.use)) return null
  return `use: ${action.use}`
}
