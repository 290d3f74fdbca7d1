import type { ChangedLink } from '../live-link-table.ts'
import type { Address } from './connection.ts'
import type { RelayPort, RelayStats } from './relays.ts'

/** What the controller tells the relay process: one JSON object a line on its standard input, answered in order. */
export type Command =
  | { readonly kind: 'open'; readonly links: readonly ChangedLink[] }
  | { readonly kind: 'links'; readonly links: readonly ChangedLink[] }
  | { readonly kind: 'target'; readonly name: string; readonly address: Address }
  | { readonly kind: 'stats' }

/** One JSON object a line on its standard output, for each command in turn. */
export type Answer =
  | { readonly kind: 'done' }
  | { readonly kind: 'opened'; readonly ports: readonly RelayPort[] }
  | { readonly kind: 'stats'; readonly stats: RelayStats }
  | { readonly kind: 'failed'; readonly message: string }
