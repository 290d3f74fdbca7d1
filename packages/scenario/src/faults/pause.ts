import { nodeVerb } from './node-verb.ts'
import type { FaultVerb } from './verb.ts'

export const pause: FaultVerb = nodeVerb(
  'pause',
  'Freezes the process (SIGSTOP); healed, it goes on where it was',
)
