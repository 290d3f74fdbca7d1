import type { Prng } from '@groundwork/primitives'
import type { Cluster } from './cluster.ts'
import type { SimulatedNode } from './node.ts'

/** Whatever it schedules must be over, or undone by a healing of everything, at `untilMs`. */
type Fault = (world: Cluster, random: Prng, untilMs: number) => void

/** Draws a fault and begins it now; it heals itself later, or not before everything is healed. */
export function nextFault(world: Cluster, random: Prng, untilMs: number, wipeable: readonly number[]): void {
  if (wipeable.length > 0 && random.chance(1, 12)) wipeOne(world, random, wipeable)
  else random.pick(faults)(world, random, untilMs)
}

const durationMs = (random: Prng): number =>
  random.pick([80, 400, 1_200, 2_500, 5_000, 9_000]) + random.below(300)
const someNode = (world: Cluster, random: Prng): SimulatedNode => random.pick(world.nodes)
const some = (world: Cluster, random: Prng): SimulatedNode[] => {
  return random.shuffle(world.nodes).slice(0, random.between(1, world.nodes.length))
}

/** From now on they tell the first group one thing and the others another. */
export function tellAdversaries(world: Cluster, groups: readonly (readonly string[])[]): void {
  world.sides.clear()
  for (const [i, group] of groups.entries()) for (const name of group) world.sides.set(name, i === 0 ? 0 : 1)
}

const split: Fault = (world, random) => {
  const groups: string[][] = Array.from({ length: random.between(2, 3) }, () => [])
  // A node in no group is a bridge between the others; sometimes the Byzantine ones are.
  const bridges = random.chance(1, 3)
  for (const node of world.nodes) {
    if (bridges ? world.isHonest(node) : random.chance(9, 10)) random.pick(groups).push(node.name)
  }
  if (bridges) tellAdversaries(world, groups)
  const heal = world.links.partition(groups, random.pick(['blackhole', 'reset']))
  world.time.schedule(durationMs(random), heal)
}

const oneWay: Fault = (world, random) => {
  const from = some(world, random).map(({ name }) => name)
  const to = some(world, random).map(({ name }) => name)
  world.time.schedule(durationMs(random), world.links.shape(from, to, { cut: 'blackhole' }))
}

const degrade: Fault = (world, random) => {
  const set = {
    lossRatio: random.pick([0, 0.05, 0.2, 0.4]),
    duplicateRatio: random.pick([0, 0.2]),
    reorderRatio: random.pick([0, 0.3]),
    delayMs: random.pick([10, 60, 400, 1_500]),
    jitterMs: random.below(random.pick([50, 1_500])),
  }
  const ends = some(world, random).map(({ name }) => name)
  const all = world.nodes.map(({ name }) => name)
  const heal = random.chance(1, 2) ? world.links.shape(ends, all, set) : world.links.shape(all, ends, set)
  world.time.schedule(durationMs(random), heal)
}

const flap: Fault = (world, random, untilMs) => {
  const half = random.shuffle(world.nodes).slice(0, Math.ceil(world.nodes.length / 2))
  const rest = world.nodes.filter((node) => !half.includes(node))
  const groups = [half, rest].map((group) => group.map(({ name }) => name))
  const periodMs = random.between(50, 900)
  const cutAgain = (times: number): void => {
    if (times === 0 || world.time.now() >= untilMs) return
    const heal = world.links.partition(groups)
    world.time.schedule(periodMs, heal)
    world.time.schedule(2 * periodMs, () => cutAgain(times - 1))
  }
  cutAgain(6)
}

const killSome: Fault = (world, random) => {
  for (const node of some(world, random)) {
    node.kill()
    world.time.schedule(durationMs(random), () => node.start())
  }
}

/** Dies between two effects of a step: after a write and before the message, or before the write. */
const killInStep: Fault = (world, random) => {
  for (const node of some(world, random)) {
    node.killWithin(random.between(1, 40))
    world.time.schedule(durationMs(random), () => node.start())
  }
}

const killAll: Fault = (world, random) => {
  for (const node of world.nodes) {
    if (random.chance(1, 2)) node.kill()
    else node.killWithin(random.between(1, 20))
    world.time.schedule(random.between(1, 2_000), () => node.start())
  }
}

const pause: Fault = (world, random) => {
  for (const node of some(world, random)) {
    node.pause()
    world.time.schedule(durationMs(random), () => node.resume())
  }
}

const restartQuickly: Fault = (world, random) => {
  const node = someNode(world, random)
  node.kill()
  node.start()
}

const faults: readonly Fault[] = [
  split,
  split,
  oneWay,
  degrade,
  flap,
  killSome,
  killInStep,
  killInStep,
  killAll,
  pause,
  restartQuickly,
]

/** Loses a disk and comes back with its key: it may sign against itself from then on. */
function wipeOne(world: Cluster, random: Prng, wipeable: readonly number[]): void {
  // Only the first of the list: the budget is for one.
  const node = world.nodes[wipeable[0] as number] as SimulatedNode
  world.wipe(node.name)
  world.time.schedule(durationMs(random), () => node.start())
}
