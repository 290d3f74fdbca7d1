import { parseGenesis, parsePhysicalGenesis } from '@groundwork/genesis'
import { toHex } from '@groundwork/primitives'
import { type ClientEvent, createClient, type Source } from '../../src/index.ts'

export { httpSource } from '../../src/index.ts'

/** What a page hands in; `clock` is all that it needs of its surroundings. */
export interface PageInit {
  readonly stakeGenesis: string
  readonly physicalGenesis: string
  readonly sources: readonly Source[]
  readonly schedule: (afterMs: number, run: () => void) => void
  readonly nowMs: () => number
  readonly wallMs: () => number
  /** Hashes of the tips to get to. */
  readonly until: { readonly physical: string; readonly stake: string }
}

/** Follows, with the reference signatures and all proofs checked on the page's own thread, until both tips were verified. */
export function followOnPage(init: PageInit): Promise<readonly string[]> {
  const said: string[] = []
  const missing = new Set([init.until.physical, init.until.stake])
  return new Promise((resolve, reject) => {
    const onEvent = (event: ClientEvent): void => {
      if (event.kind === 'refused' || event.kind === 'dropped') said.push(`${event.kind} ${event.reason}`)
      if (event.kind !== 'physical' && event.kind !== 'stake') return
      said.push(`${event.kind} ${event.height}`)
      missing.delete(toHex(event.hash))
      if (missing.size > 0) return
      client.stop()
      resolve(said)
    }
    const client = createClient({
      genesis: {
        stake: parseGenesis(init.stakeGenesis),
        physical: parsePhysicalGenesis(init.physicalGenesis),
      },
      sources: init.sources,
      clock: { now: init.nowMs, schedule: init.schedule },
      wallMs: init.wallMs,
      random: () => 0.5,
      onEvent,
      onFailure: reject,
    })
    client.start()
  })
}
