import { rmSync } from 'node:fs'
import type { Plan } from '@groundwork/scenario'
import type { RunFolder } from './run-folder.ts'

/** Where the process runtime keeps the nodes: configurations, keys, event logs and, with `--keep`, their disks. */
export function nodesFolder(folder: RunFolder): string {
  return folder.file('nodes')
}

export function nodeEventLogs(folder: RunFolder, plan: Pick<Plan, 'nodes'>): string[] {
  return plan.nodes.map(({ name }) => folder.file('nodes', name, 'events.jsonl'))
}

/** Blocks, states, journals and plots are large and say nothing that the event logs do not. */
export function dropDisks(folder: RunFolder, plan: Pick<Plan, 'nodes'>): void {
  for (const { name } of plan.nodes) {
    for (const disk of ['data', 'plots'])
      rmSync(folder.file('nodes', name, disk), { recursive: true, force: true })
  }
}
