import {
  genesisMode,
  type Key,
  type ModeInput,
  type ModeParameters,
  type ModeState,
  stepMode,
  windowOfVotes,
} from '../../src/index.ts'

/** Every length as short as the rules allow, so that two windows and an exit fit a small depth. */
export const smallest: ModeParameters = {
  kappa: 1,
  maxAnchorAgeBlocks: 2,
  stallDeadlineBlocks: 3,
  voteBlocks: 2,
  windowBlocks: 5,
  leak: { num: 1, den: 2 },
  theta: { num: 2, den: 3 },
  exitWindows: 2,
  backoffMax: 2,
  backoffDecayDeadlines: 2,
  depositWindows: 1,
  depositShare: 2,
  minStake: 1,
}

export interface Small {
  readonly parameters: ModeParameters
  readonly validators: readonly number[]
  readonly farmers: readonly number[]
  /** Blocks from genesis to the end of every fork. */
  readonly depth: number
  /** At most this many bans, slashes and deposits on a fork, each at any block. */
  readonly extras: number
}

/** What a fork can come to above its fork point, as bits: which farmers voted for targets of its own, and its fate. */
interface Outcome {
  readonly farmers: number
  readonly justified: boolean
  readonly exited: boolean
  readonly left: boolean
}

export interface Exploration {
  /** Different mode states, and blocks that lead from one to another. */
  readonly states: number
  readonly transitions: number
  /** Pairs of outcomes of two forks, over all fork points. */
  readonly pairs: number
  /** Fork points with two forks that both justified a target of their own while straddling space is below 2 theta - 1. */
  readonly doubleJustified: number
  readonly doubleExited: number
  /** Both left RECORDED with no straddling space at all: one of them on the votes of their common past. */
  readonly twinExits: number
  /** Of those, with sets that differ from what the fork point's set was. */
  readonly twinSets: number
  /** Fork points where both justify, however much straddles. */
  readonly sharp: number
  /** The fork point and fates of the first violation. */
  readonly example: string | null
  /** Forks on which something was justified, so that the rest says something. */
  readonly justifying: number
}

interface Node {
  readonly state: ModeState
  /** Who is in the set when it is FAST. */
  readonly set: ReadonlyMap<Key, number>
  readonly extras: number
  readonly key: string
  /** Of the open window whose target is this very block. */
  readonly opens: boolean
  edges: Edge[]
  /** Outcomes above this block, of targets above it; and with the window that is open here counted as its own. */
  fresh: Set<number>
  all: Set<number>
}

interface Edge {
  /** The set of an exit is not that of the block before. */
  readonly changed: boolean
  readonly to: Node
  readonly farmers: number
  readonly justified: boolean
  readonly left: boolean
}

/**
 * All forks of the physical chain up to a depth, with every block carrying any votes of any validators and farmers, any
 * refreshing checkpoint or none. All stake is the adversary's. Forks bear on each other only through who voted on both,
 * so it is enough to know, for every state, which outcomes can follow it.
 */
export function explore(small: Small): Exploration {
  const root = nodeOf(small, genesisMode(), names('v', small.validators), small.extras)
  const levels: Node[][] = [[root]]
  let transitions = 0
  for (let height = 1; height <= small.depth; height++) {
    const next = new Map<string, Node>()
    for (const node of levels[height - 1]!) {
      const edges = new Map<string, Edge>()
      for (const { inputs, extra } of choices(small, node)) {
        transitions++
        const { to, ...edge } = follow(small, node, inputs, extra)
        const known = next.get(to.key) ?? to
        next.set(to.key, known)
        edges.set(`${known.key}/${edge.farmers}/${edge.justified}/${edge.left}`, { to: known, ...edge })
      }
      node.edges = [...edges.values()]
    }
    levels.push([...next.values()])
  }
  for (const level of levels.toReversed()) for (const node of level) settle(node)
  return judge(small, levels.flat(), transitions)
}

const names = (prefix: string, weights: readonly number[]) =>
  new Map(weights.map((weight, i) => [`${prefix}${i}`, weight]))

function nodeOf(small: Small, state: ModeState, set: ReadonlyMap<Key, number>, extras: number): Node {
  const { height, lastCheckpoint, backoff, fastBlocks, banned, recorded } = state
  const parts = [height, height - lastCheckpoint, backoff, fastBlocks, extras, [...banned].sort().join()]
  const weights = (map: ReadonlyMap<Key, number>) => [...map].map(([key, weight]) => `${key}${weight}`).join()
  if (recorded === null) parts.push(weights(set))
  else {
    const { needed, streak, open, present, space, justified, firstWindow, deposits, silentWindows } = recorded
    parts.push(
      'r',
      weights(recorded.validators),
      needed,
      streak,
      firstWindow,
      justified.window,
      silentWindows,
    )
    parts.push(
      open?.window ?? '-',
      open?.source.window ?? '-',
      [...present].sort().join(),
      [...space].sort().join(),
    )
    parts.push(deposits.map(({ amount, age }) => `${amount}:${age}`).join())
  }
  const opens = recorded?.open != null && recorded.open.window * small.parameters.windowBlocks === height
  return { state, set, extras, key: parts.join(' '), opens, edges: [], fresh: new Set(), all: new Set() }
}

function choices(small: Small, { state, extras }: Node): { inputs: ModeInput[]; extra: boolean }[] {
  const { recorded } = state
  const plain: { inputs: ModeInput[]; extra: boolean }[] = [{ inputs: [], extra: false }]
  if (recorded === null) plain.push({ inputs: [{ kind: 'checkpoint', anchor: state.height }], extra: false })
  const open = recorded?.open
  if (recorded != null && open != null && windowOfVotes(small.parameters, state.height + 1) === open.window) {
    const { source, ...target } = open
    const votes: ModeInput[] = []
    for (const validator of recorded.validators.keys())
      if (!recorded.present.has(validator)) votes.push({ kind: 'recorded-vote', validator, target, source })
    for (const plot of names('f', small.farmers).keys())
      if (!recorded.space.has(plot)) votes.push({ kind: 'space-vote', plot, target })
    for (let subset = 1; subset < 1 << votes.length; subset++)
      plain.push({ inputs: votes.filter((_, i) => (subset >> i) & 1), extra: false })
  }
  if (extras === 0) return plain
  const special: ModeInput[] = [...names('f', small.farmers).keys()].map((plot) => ({ kind: 'ban', plot }))
  if (recorded !== null) {
    for (const validator of recorded.validators.keys()) special.push({ kind: 'slash', validator })
    special.push({ kind: 'deposit', validator: 'new', amount: 3 })
  }
  return [...plain, ...special.map((input) => ({ inputs: [input], extra: true }))]
}

function follow(small: Small, node: Node, inputs: readonly ModeInput[], extra: boolean): Edge {
  const plots = new Map([...names('f', small.farmers)].map(([key, space]) => [key, BigInt(space)]))
  const total = [...plots.values()].reduce((a, b) => a + b, 0n)
  const facts = () => ({ validators: node.set, snapshot: { plots, total }, deposits: [] })
  const { state, events } = stepMode(small.parameters, node.state, `b${node.state.height + 1}`, inputs, facts)
  const exit = events.find((event) => event.kind === 'exit')
  const closed = events.find((event) => event.kind === 'window-closed')
  let farmers = 0
  for (const input of inputs) if (input.kind === 'space-vote') farmers |= 1 << Number(input.plot.slice(1))
  return {
    to: nodeOf(small, state, exit?.validators ?? node.set, node.extras - (extra ? 1 : 0)),
    farmers,
    justified: closed?.justified ?? false,
    left: exit !== undefined,
    changed: exit !== undefined && !isSameSet(exit.validators, node.state.recorded!.validators),
  }
}

function isSameSet(a: ReadonlyMap<Key, number>, b: ReadonlyMap<Key, number>): boolean {
  return a.size === b.size && [...a].every(([key, weight]) => b.get(key) === weight)
}

const bits = ({ farmers, justified, exited, left }: Outcome) =>
  farmers * 8 + (justified ? 4 : 0) + (exited ? 2 : 0) + (left ? 1 : 0)

/** From the outcomes of the next blocks; a window belongs to the fork if its target does. */
function settle(node: Node): void {
  node.fresh.add(0)
  node.all.add(0)
  for (const { to, farmers, justified, left } of node.edges) {
    const own = bits({ farmers, justified, exited: justified && left, left })
    for (const after of to.opens ? to.all : to.fresh) node.fresh.add(after | (left ? 1 : 0))
    for (const after of to.state.recorded?.open == null ? to.fresh : to.all) node.all.add(after | own)
  }
}

function judge(small: Small, nodes: readonly Node[], transitions: number): Exploration {
  const total = small.farmers.reduce((a, b) => a + b, 0)
  const { num, den } = small.parameters.theta
  const bound = (2 * num - den) * total
  const spaceOf = (mask: number) =>
    small.farmers.reduce((sum, space, i) => sum + ((mask >> i) & 1) * space, 0)
  const found = {
    doubleJustified: 0,
    doubleExited: 0,
    twinExits: 0,
    twinSets: 0,
    sharp: 0,
    pairs: 0,
    justifying: 0,
  }
  let example: string | null = null
  for (const node of nodes) {
    const outcomes = [...node.fresh].filter((outcome) => outcome & 5)
    if (outcomes.some((outcome) => outcome & 4)) found.justifying++
    let [justified, exited, twins, sharp] = [false, false, false, false]
    for (const [i, a] of outcomes.entries()) {
      for (const b of outcomes.slice(i)) {
        found.pairs++
        const straddling = spaceOf((a >> 3) & (b >> 3))
        // Without a quorum of space there is no bound to stay below: nobody straddles.
        const isBelow = num === 0 ? straddling === 0 : straddling * den < bound
        if (a & b & 4) sharp = true
        if (isBelow && a & b & 4) {
          justified = true
          if (a & b & 2) exited = true
          example ??= `fork after ${node.key}: farmers ${a >> 3} and ${b >> 3} of ${small.farmers.join('+')}`
        }
        if (straddling === 0 && a & b & 1 && !(a & b & 2)) twins = true
      }
    }
    if (justified) found.doubleJustified++
    if (exited) found.doubleExited++
    if (twins) found.twinExits++
    if (sharp) found.sharp++
    if (node.edges.some(({ changed }) => changed)) found.twinSets++
  }
  return { states: nodes.length, transitions, example, ...found }
}
