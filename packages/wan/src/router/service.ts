import { randomUUID } from 'node:crypto'
import { openLink } from '../link-model.ts'
import type { Capabilities, LinkChange } from '../link-table.ts'
import { type ChangedLink, type LiveLinkTable, linkTable } from '../live-link-table.ts'
import type { Choice } from './choose.ts'
import type { RouterConfig } from './config.ts'
import type { InterpreterStats, LinkInterpreter, RoutedNode } from './interpreter.ts'

/** `GET /v1/wan`. */
export interface WanAnswer {
  readonly version: 1
  /** New whenever the router starts: changes that an earlier one had are forgotten. */
  readonly instance: string
  readonly requested: Choice['requested']
  readonly reasons: Choice['reasons']
  readonly capabilities: {
    readonly interpreter: InterpreterStats['interpreter']
    readonly properties: readonly string[]
    readonly cuts: readonly string[]
    readonly oneWay: boolean
    readonly bounds?: NonNullable<Capabilities['bounds']>
  }
  readonly nodes: readonly RoutedNode[]
  readonly stats: InterpreterStats
  /** Why the links may not be what the table says; null if nothing is known. */
  readonly problem: string | null
}

/** The link table of a network and the interpreter that makes it true. */
export interface RouterService {
  readonly instance: string
  readonly table: LiveLinkTable
  wan(): Promise<WanAnswer>
  /** These resolve when the change is in force, one at a time. They throw the table's CodedErrors. */
  apply(change: LinkChange): Promise<void>
  remove(owner: string): Promise<void>
  removeAll(): Promise<void>
  readonly problem: string | null
  close(): Promise<void>
  readonly broken: Promise<Error>
}

export async function openService(
  config: RouterConfig,
  nodes: readonly RoutedNode[],
  choice: Choice,
): Promise<RouterService> {
  const { capabilities, requested, reasons } = choice
  const table = linkTable({ nodes: config.nodes, regions: config.delays, capabilities })
  // Links are emulated where packets are sent: what far nodes send has been through their own router.
  const far = new Set(config.tunnel?.far.map(({ name }) => name))
  const interpreter: LinkInterpreter = await choice.open({
    nodes,
    links: fullTable(table).map((each) => (far.has(each.from) ? { ...each, link: openLink } : each)),
    seed: config.seed,
  })
  const instance = randomUUID()
  let problem: string | null = null
  const broken = interpreter.broken.then((error) => {
    problem ??= error.message
    return error
  })

  let changed: readonly ChangedLink[] = []
  table.onChange((links) => {
    changed = links
  })
  let settled: Promise<void> = Promise.resolve()
  const change = (make: () => void): Promise<void> => {
    changed = []
    make()
    const links = changed.filter(({ from }) => !far.has(from))
    const applied = settled.then(async () => {
      if (links.length > 0) await interpreter.apply(links)
    })
    settled = applied.catch((error: unknown) => {
      problem ??= error instanceof Error ? error.message : `${error}`
    })
    return applied
  }

  return {
    instance,
    table,
    broken,
    get problem() {
      return problem
    },
    apply: async (links) => change(() => table.apply(links)),
    remove: async (owner) => change(() => table.remove(owner)),
    removeAll: async () => change(() => table.removeAll()),
    async wan() {
      const { interpreter: name, properties, cuts, ...rest } = capabilities
      return {
        version: 1,
        instance,
        requested,
        reasons,
        capabilities: { interpreter: name, properties: [...properties], cuts: [...cuts], ...rest },
        nodes,
        stats: await interpreter.stats(),
        problem,
      }
    },
    close: () => interpreter.close(),
  }
}

export function fullTable(table: LiveLinkTable): ChangedLink[] {
  return table.nodes.flatMap((from) =>
    table.nodes.filter((to) => to !== from).map((to) => ({ from, to, link: table.link(from, to) })),
  )
}
