import { nodeVerb } from './node-verb.ts'
import type { FaultVerb } from './verb.ts'

export const wipe: FaultVerb = nodeVerb(
  'wipe',
  'Ends the process at once and loses its disk; healed, it restarts with nothing but its key',
)
