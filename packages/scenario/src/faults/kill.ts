import { nodeVerb } from './node-verb.ts'
import type { FaultVerb } from './verb.ts'

export const kill: FaultVerb = nodeVerb(
  'kill',
  'Ends the process at once (SIGKILL); healed, it restarts from its disk',
)
