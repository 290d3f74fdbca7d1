import { existsSync, readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { toHex } from '@groundwork/primitives'
import { type Plan, withoutStake } from '@groundwork/scenario'
import { createSimulation } from '@groundwork/simulator'
import { type CheckResult, checkOblivious, parseTrace, type TraceRecord } from '@groundwork/trace'
import { recordedChainFile, replayRun } from '../recorded-chain.ts'
import { openRunFolder, type RunFolder } from '../run-folder.ts'
import { exitCode, usageError } from './exit.ts'
import { output } from './output.ts'
import { workingDirectory } from './places.ts'

/** What nodes said of a block: the root, and by whom. */
type Said = ReadonlyMap<string, readonly { readonly node: string; readonly root: string }[]>

/**
 * I10: derives the physical chain of a run again from its genesis and compares every root that a node wrote down. I14: of
 * a simulated run, simulates it without the stake chain and compares who won what. Resolves to the exit code.
 */
export async function replayCommand(run: string, json: boolean): Promise<number> {
  const path = resolve(workingDirectory(), run)
  if (!existsSync(path) || !statSync(path).isDirectory()) throw usageError(`${run}: no such run folder`)
  const folder = openRunFolder(path)
  const plan = folder.readJson('plan.json', 1) as Plan
  const lines = linesOf(folder, recordedChainFile, run)
  const { records } = parseTrace(linesOf(folder, 'events.jsonl', run))
  const said = rootsOf(records)
  const startedMs = performance.now()
  const result = compare(await replayRun(folder, plan, lines), said)
  const ms = Math.round(performance.now() - startedMs)
  const out = output(json)
  const { blocks, compared, nodes, difference } = result
  out.say(
    `replayed ${blocks} physical blocks of ${plan.scenario}, seed ${plan.seed}, in ${(ms / 1000).toFixed(1)} s`,
  )
  out.say(
    difference === null
      ? `PASS  ${compared} roots of ${nodes} nodes are the ones derived here`
      : `FAIL  at height ${difference.height} ${difference.node} has ${difference.said}, derived here: ${difference.found}`,
  )
  const oblivious = plan.runtime === 'simulated' ? simulatedWithoutStake(plan, records) : null
  if (oblivious !== null) out.say(`${oblivious.verdict.toUpperCase().padEnd(4)}  ${oblivious.detail}`)
  const isBroken = difference !== null || oblivious?.verdict === 'fail'
  const verdict = isBroken ? 'fail' : compared === 0 ? 'invalid' : 'pass'
  const shown = oblivious === null ? {} : { oblivious: oblivious.verdict }
  out.result({ scenario: plan.scenario, seed: plan.seed, verdict, ...result, ...shown, ms })
  return exitCode[verdict] as number
}

/** I14: simulates the farmers of a run again, without the stake chain, and compares what they won. */
function simulatedWithoutStake(plan: Plan, records: readonly TraceRecord[]): CheckResult {
  const alone = withoutStake(plan)
  const others: TraceRecord[] = []
  const simulation = createSimulation(alone, (record) => void others.push(record))
  while (!simulation.done) simulation.advance(simulation.nowMs + stepMs)
  return checkOblivious({ plan, records }, { plan: alone, records: others })
}

const stepMs = 1000

function linesOf(folder: RunFolder, name: string, run: string): string[] {
  const file = folder.file(name)
  if (!existsSync(file))
    throw usageError(
      `${run}: has no ${name}; hybrid runs leave one, of a sweep with --keep or where it failed`,
    )
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
}

function rootsOf(records: readonly TraceRecord[]): Said {
  const said = new Map<string, { node: string; root: string }[]>()
  for (const record of records) {
    if (record.kind !== 'derived' || record.root === null) continue
    const of = said.get(record.block) ?? []
    said.set(record.block, of)
    of.push({ node: record.node, root: record.root })
  }
  return said
}

function compare(replayed: Awaited<ReturnType<typeof replayRun>>, said: Said) {
  let blocks = 0
  let compared = 0
  const nodes = new Set<string>()
  for (const { state, root } of replayed) {
    blocks++
    const found = toHex(root)
    for (const { node, root: theirs } of said.get(toHex(state.hash)) ?? []) {
      compared++
      nodes.add(node)
      if (theirs === found) continue
      const difference = { height: state.height, node, said: theirs, found }
      return { blocks, compared, nodes: nodes.size, difference }
    }
  }
  return { blocks, compared, nodes: nodes.size, difference: null }
}
