import type { Container } from '../docker/containers.ts'
import { dockerEngine } from '../docker/engine.ts'
import { byNumber, listNetworks, type RunningNetwork, theNetwork } from '../docker/networks.ts'
import type { NetworkAnswer } from '../hub/api.ts'
import { hubClient } from '../hub/client.ts'
import type { NodeView } from '../hub/node-views.ts'
import { hubAddresses } from '../runtime/docker-network.ts'
import { output } from './output.ts'
import { seconds } from './text.ts'

export interface PsOptions {
  readonly project?: string
  readonly json?: boolean
}

/** What is up and how it does: every network of containers, or the named one. */
export async function psCommand(options: PsOptions): Promise<void> {
  const out = output(options.json === true)
  const engine = dockerEngine()
  const networks =
    options.project === undefined ? await listNetworks(engine) : [await theNetwork(engine, options.project)]
  const pictures = await Promise.all(networks.map(look))
  out.result(pictures)
  if (networks.length === 0) out.say('no network of containers is up; groundwork up starts one')
  for (const picture of pictures) for (const line of linesOf(picture)) out.say(line)
}

interface Row {
  readonly node: string
  readonly region: string
  readonly state: string
  readonly height: number | null
  /** Of a validator. */
  readonly view: number | null
  /** Of a farmer. */
  readonly slot: number | null
  /** FAST or RECORDED, of a node that follows both chains. */
  readonly mode: string | null
  /** Of the last stake block in the anchored ledger, of such a node. */
  readonly anchored: number | null
  readonly peers: number | null
  readonly restarts: number | null
}

interface Picture {
  readonly project: string
  readonly scenario: string | null
  readonly api: string | null
  /** `packets` or `netem`; null while the router does not answer. */
  readonly interpreter: string | null
  readonly router: string
  readonly nodes: readonly Row[]
  readonly faults: NetworkAnswer['faults']
}

async function look({ project, containers }: RunningNetwork): Promise<Picture> {
  const found = await ask(containers)
  const views = new Map(found?.answer.nodes.map((view) => [view.name, view]))
  const nodes = containers.filter(({ role }) => role === 'node')
  return {
    project,
    scenario: found?.answer.plan.scenario ?? null,
    api: found?.api ?? null,
    interpreter: found?.answer.wan?.capabilities.interpreter ?? null,
    router: containers.find(({ role }) => role === 'router')?.state ?? 'missing',
    nodes: nodes
      .map((container) => rowOf(container, views.get(container.node ?? '')))
      .sort((a, b) => byNumber(a.node, b.node)),
    faults: found?.answer.faults ?? [],
  }
}

async function ask(
  containers: readonly Container[],
): Promise<{ readonly answer: NetworkAnswer; readonly api: string } | null> {
  for (const address of hubAddresses(containers)) {
    const hub = hubClient(address)
    const answer = await hub.network().finally(hub.close)
    if (answer !== null) return { answer, api: `http://${address.host}:${address.port}` }
  }
  return null
}

function rowOf(container: Container, view: NodeView | undefined): Row {
  const known = view === undefined || view.state === 'awaited' ? null : view
  return {
    node: container.node ?? container.name,
    region: view?.region ?? '',
    state: stateOf(container, view),
    height: known?.height ?? null,
    view: known?.view ?? null,
    slot: known?.slot ?? null,
    mode: known?.hybrid?.mode ?? null,
    anchored: known?.hybrid?.ledgers.anchored.height ?? null,
    peers: known?.peers.length ?? null,
    restarts: view === undefined ? null : view.restarts + container.restarts,
  }
}

function stateOf({ state, exitCode }: Container, view: NodeView | undefined): string {
  if (state === 'exited') return `down (${exitCode})`
  if (state !== 'running') return state
  if (view === undefined) return 'running'
  return view.state === 'awaited' ? 'starting' : view.state
}

interface Column {
  readonly head: string
  readonly isText: boolean
  /** False: only where some node has it. */
  readonly always: boolean
  of(row: Row): string | number | null
}

const columns: readonly Column[] = [
  { head: 'node', isText: true, always: true, of: ({ node }) => node },
  { head: 'region', isText: true, always: true, of: ({ region }) => region },
  { head: 'state', isText: true, always: true, of: ({ state }) => state },
  { head: 'height', isText: false, always: true, of: ({ height }) => height },
  { head: 'view', isText: false, always: true, of: ({ view }) => view },
  { head: 'slot', isText: false, always: false, of: ({ slot }) => slot },
  { head: 'mode', isText: true, always: false, of: ({ mode }) => mode },
  { head: 'anchored', isText: false, always: false, of: ({ anchored }) => anchored },
  { head: 'peers', isText: false, always: true, of: ({ peers }) => peers },
  { head: 'restarts', isText: false, always: true, of: ({ restarts }) => restarts },
]

function linesOf({ project, scenario, api, interpreter, router, nodes, faults }: Picture): string[] {
  const wan = interpreter === null ? `router ${router}, does not answer` : `wan ${interpreter}`
  const head = [project, ...(scenario === null ? [] : [scenario]), wan, api ?? 'the API does not answer']
  const shown = columns.filter(({ always, of }) => always || nodes.some((row) => of(row) !== null))
  const cells = [
    shown.map(({ head: title }) => title),
    ...nodes.map((row) => shown.map(({ of }) => `${of(row) ?? '-'}`)),
  ]
  const widths = cells[0]?.map((_, i) => Math.max(...cells.map((line) => line[i]?.length ?? 0))) ?? []
  const table = cells.map((line) =>
    line
      .map((cell, i) => (shown[i]?.isText ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('  ')
      .trimEnd(),
  )
  const inForce = faults.map(({ id, detail, healsInMs }) => {
    const until = healsInMs === null ? 'until healed' : `heals in ${seconds(healsInMs)}`
    return `${id}  ${detail}  ${until}`
  })
  return [head.join('  '), ...table, ...inForce]
}
