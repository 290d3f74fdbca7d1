import { rmSync } from 'node:fs'
import { type Plan, processesOf } from '@groundwork/scenario'
import type { RunFolder } from './run-folder.ts'
import type { Address } from './runtime/node-client.ts'

/** In a run folder: where the APIs of nodes are while the run lasts. */
export const addressesFile = 'addresses.json'

export interface Addresses {
  readonly version: 1
  readonly nodes: readonly { readonly name: string; readonly host: string; readonly port: number }[]
}

/** Writes down where nodes are to be found; a restarted one has another port. */
export function addressBook(folder: RunFolder): (name: string, api: Address) => void {
  const known = new Map<string, Address>()
  return (name, { host, port }) => {
    known.set(name, { host, port })
    const nodes = [...known].map(([node, address]) => ({ name: node, ...address }))
    folder.writeJson(addressesFile, { version: 1, nodes } satisfies Addresses)
  }
}

/** Where the process runtime keeps the nodes: configurations, keys, event logs and, with `--keep`, their disks. */
export function nodesFolder(folder: RunFolder): string {
  return folder.file('nodes')
}

/** Of processes that begin with seized keys, too. */
export function nodeEventLogs(folder: RunFolder, plan: Pick<Plan, 'nodes' | 'timeline'>): string[] {
  return processesOf(plan).map(({ name }) => folder.file('nodes', name, 'events.jsonl'))
}

/** Blocks, states, journals and plots are large and say nothing that the event logs do not. */
export function dropDisks(folder: RunFolder, plan: Pick<Plan, 'nodes' | 'timeline'>): void {
  for (const { name } of processesOf(plan)) {
    for (const disk of ['data', 'plots'])
      rmSync(folder.file('nodes', name, disk), { recursive: true, force: true })
  }
}
