import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { ready, type Workspace, workspace } from './groundwork.ts'

/** `groundwork follow` beside a run of processes: what it says was verified from the genesis files. */

let place: Workspace
beforeEach(() => {
  place = workspace()
})
afterEach(() => place.dispose())

interface Line {
  readonly kind: string
  readonly [field: string]: unknown
}

const network = `name: followed
network:
  regions: { N_Virginia: 2, Ireland: 2 }
  physical:
    farmers: { N_Virginia: 2, Ireland: 1 }
    plots: 1
    parameters: { epoch: 16 }
workload: { rate: 5/s }
duration: 120s
`

async function apis(folder: string): Promise<ReadonlyMap<string, string>> {
  const file = join(folder, 'addresses.json')
  const { nodes } = JSON.parse(readFileSync(file, 'utf8')) as {
    nodes: readonly { name: string; host: string; port: number }[]
  }
  return new Map(nodes.map(({ name, host, port }) => [name, `http://${host}:${port}`]))
}

/** The id of a transaction in some final block. */
async function someTransaction(api: string): Promise<string> {
  for (let height = 1; ; ) {
    const response = await fetch(`${api}/v1/blocks/${height}`)
    const block = (await response.json()) as { transactions?: readonly { id: string }[] }
    const first = block.transactions?.[0]
    if (first !== undefined) return first.id
    if (response.ok) height++
    else await delay(200)
  }
}

const linesIn = (stdout: string): Line[] =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line)

it('verifies both chains of a network that is up, and says when a transaction is final', async () => {
  const run = place.start(network, '--seed', '5')
  await run.until(ready)
  const folder = run.runFolder()
  const v1 = (await apis(folder)).get('v1') as string
  const id = await someTransaction(v1)

  const followed = await place.command(
    'follow',
    '--run',
    folder,
    '--transaction',
    id,
    '--until',
    'fast',
    '--json',
  ).ended
  expect(followed.code).toBe(0)
  const lines = linesIn(followed.stdout)
  expect(lines[0]).toMatchObject({ kind: 'follow', hybrid: false })
  const heights = lines.flatMap(({ kind, height }) => (kind === 'stake' ? [height as number] : []))
  expect(heights).toEqual(heights.map((_, i) => i + 1))
  const reachedStages = lines.flatMap(({ kind, stage, isReached }) =>
    kind === 'transaction' && isReached === true ? [stage] : [],
  )
  expect(reachedStages).toEqual(['included', 'fast'])
  const { report } = lines.findLast(({ kind }) => kind === 'transaction') as unknown as {
    report: { id: string; included: { height: number } }
  }
  expect(report.id).toBe(id)
  const block = (await (await fetch(`${v1}/v1/blocks/${report.included.height}`)).json()) as {
    hash: string
  }
  expect(lines.find(({ kind, height }) => kind === 'stake' && height === report.included.height)?.hash).toBe(
    block.hash,
  )
  expect(lines.filter(({ kind }) => kind === 'dropped')).toEqual([])

  // For people; ended by Ctrl-C, with the physical chain verified as well.
  const plain = place.command('follow', '--run', folder)
  while (!/^physical /m.test(plain.printed()) || !/^stake /m.test(plain.printed())) await delay(50)
  plain.signal('SIGINT')
  const { stdout, code } = await plain.ended
  expect(code).toBe(130)
  expect(stdout).toContain('no hybrid in the genesis')
  expect(stdout).toMatch(/^physical \d+ {2}[0-9a-f]{12} {2}slot \d+/m)
  expect(stdout).toMatch(/^stake \d+ {2}[0-9a-f]{12} {2}view \d+, [34] of 4 signed/m)

  const genesis = join(place.folder, 'genesis.json')
  const other = JSON.parse(readFileSync(join(folder, 'nodes', 'genesis.json'), 'utf8'))
  writeFileSync(genesis, JSON.stringify({ ...other, chain: 'another' }))
  const wrong = place.command('follow', '--api', v1, '--genesis', genesis)
  expect((await wrong.ended).code).toBe(2)
  expect(wrong.said()).toMatch(/^groundwork: another network: nodes say chain [0-9a-f]{16}, .*\n$/)

  run.signal('SIGINT')
  await run.ended
  expect(existsSync(join(folder, 'addresses.json'))).toBe(true)
  const late = place.command('follow', '--run', folder)
  expect((await late.ended).code).toBe(2)
  expect(late.said()).toMatch(/^groundwork: no network: nobody answers at 7 addresses; is the run over\?\n$/)
})
