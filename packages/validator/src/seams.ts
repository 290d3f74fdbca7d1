import type { MessagePort } from '@groundwork/host'
import type { BlockRules } from '@groundwork/stake-core'
import type { Hono } from 'hono'

/** Where one that can be made to misbehave differs from this program. */
export interface ValidatorSeams {
  /** What it holds for right. */
  rules(honest: BlockRules): BlockRules
  /** What it says. */
  port(honest: MessagePort): MessagePort
  /** Adds to the HTTP interface. */
  serve(app: Hono): void
}

export const honestSeams: ValidatorSeams = {
  rules: (honest) => honest,
  port: (honest) => honest,
  serve: () => {},
}
