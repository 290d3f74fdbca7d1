import { nodeVerb } from './node-verb.ts'
import type { FaultVerb } from './verb.ts'

export const stop: FaultVerb = nodeVerb(
  'stop',
  'Ends the process in order (SIGTERM); healed, it restarts from its disk',
)
