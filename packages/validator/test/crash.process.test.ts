import { cpSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { prng } from '@groundwork/primitives'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Cluster, createCluster, readTrace, run, until } from './cluster.ts'
import { type CastVote, doubleVotes, journaledVotes, tracedVotes } from './votes.ts'

let cluster: Cluster

const lowest = async () => Math.min(...(await cluster.heights()))
const journal = (name: string) => join(cluster.written(name).dataDir, 'journal')

describe('a network of its own', () => {
  afterEach(() => cluster.close())

  it('survives kill -9 of everybody at any moment: goes on, agrees, never signs twice', async () => {
    cluster = await createCluster(4, 'crash')
    const random = prng('crash')
    const votes = new Map<string, CastVote[]>(cluster.names.map((name) => [name, []]))
    let reached = 0
    for (let round = 0; round < 4; round++) {
      await cluster.startAll()
      await until(async () => (await lowest()) >= reached + 3)
      reached = Math.max(...(await cluster.heights()))
      await Promise.all(
        cluster.names.map(async (name) => {
          await new Promise((resolve) => setTimeout(resolve, random.below(200)))
          await cluster.kill(name)
          votes.get(name)!.push(...journaledVotes(cluster.written(name).dataDir))
        }),
      )
    }
    const chains = cluster.names.map((name) => {
      const records = cluster.trace(name)
      expect(doubleVotes([...votes.get(name)!, ...tracedVotes(records)])).toEqual([])
      return new Map(
        records.flatMap((record) => (record.kind === 'finalized' ? [[record.height, record.hash]] : [])),
      )
    })
    for (const chain of chains) {
      for (const [height, hash] of chain) expect(chains[0]!.get(height) ?? hash).toBe(hash)
    }
  })

  it('finds another process with its key and does not sign, unless it is told to be a twin', async () => {
    cluster = await createCluster(4, 'twin', { twins: ['v1'] })
    await cluster.startAll()
    await until(async () => (await lowest()) >= 3)
    // An old copy of the node's folder.
    const elsewhere = ['data-dir', 'trace', 'log-file'].flatMap((flag) => [
      `--${flag}`,
      join(cluster.dir, flag),
    ])
    await cluster.kill('v1')
    cpSync(cluster.written('v1').dataDir, join(cluster.dir, 'data-dir'), { recursive: true })
    const before = tracedVotes(cluster.trace('v1')).length
    await cluster.start('v1')
    await until(() => tracedVotes(cluster.trace('v1')).length > before + 3)
    const { code, stderr } = await run(['--config', cluster.written('v1').configFile, ...elsewhere]).exited
    expect(code).toBe(1)
    expect(stderr).toMatch(
      /^validator: v1: another process signs with this validator's key, or its journal is gone: v\d .*\n$/,
    )
    expect(tracedVotes(readTrace(join(cluster.dir, 'trace')))).toEqual([])

    // A node of its own that has the key.
    await cluster.start('v1-twin')
    await until(async () => (await cluster.status('v1-twin')).mode === 'following')
    await cluster.kill('v1-twin')
    expect(tracedVotes(cluster.trace('v1-twin'))).toEqual([])

    rmSync(cluster.written('v1-twin').dataDir, { recursive: true })
    await cluster.start('v1-twin', '--byzantine', 'twin')
    expect((await cluster.status('v1-twin')).byzantine).toEqual(['twin'])
    await until(() => tracedVotes(cluster.trace('v1-twin')).length > 0)
  })
})

describe('a validator among three that go on', () => {
  beforeAll(async () => {
    cluster = await createCluster(4, 'lost')
    await cluster.startAll()
    await until(async () => (await lowest()) >= 5)
  })
  afterAll(() => cluster.close())

  it('restarts from a journal cut anywhere, and signs nothing that it may have signed before', async () => {
    for (const cut of [1, 90, 700, Number.POSITIVE_INFINITY]) {
      await cluster.kill('v2')
      const before = tracedVotes(cluster.trace('v2'))
      const signedView = Math.max(...before.map(({ view }) => view))
      truncateSync(journal('v2'), Math.max(0, statSync(journal('v2')).size - cut))
      await cluster.start('v2')
      await until(async () => (await cluster.status('v2')).mode === 'validating')
      const isNew = ({ view }: CastVote) => view > signedView
      await until(() => tracedVotes(cluster.trace('v2')).some(isNew))
      const after = tracedVotes(cluster.trace('v2')).slice(before.length)
      expect(after.filter((vote) => !isNew(vote))).toEqual([])
    }
    expect(doubleVotes(tracedVotes(cluster.trace('v2')))).toEqual([])
  })

  it('follows without signing when its journal is damaged, and says so', async () => {
    await cluster.kill('v2')
    const bytes = readFileSync(journal('v2'))
    bytes[40]! ^= 1
    writeFileSync(journal('v2'), bytes)
    const votes = tracedVotes(cluster.trace('v2')).length
    await cluster.start('v2')
    await until(async () => (await cluster.status('v2')).mode === 'following')
    const height = (await cluster.status('v1')).finalHeight
    await until(async () => (await cluster.status('v2')).finalHeight > height)
    expect(tracedVotes(cluster.trace('v2'))).toHaveLength(votes)
    expect(readFileSync(cluster.written('v2').logFile, 'utf8')).toContain('the sign journal is damaged')
  })

  it('follows without signing after its disk was wiped, also after a restart', async () => {
    await cluster.kill('v2')
    const { dataDir, logFile } = cluster.written('v2')
    rmSync(dataDir, { recursive: true })
    const votes = tracedVotes(cluster.trace('v2')).length
    const follows = async () => {
      await cluster.start('v2')
      await until(async () => (await cluster.status('v2')).mode === 'following')
      const height = (await cluster.status('v1')).finalHeight
      await until(async () => (await cluster.status('v2')).finalHeight > height)
      await cluster.kill('v2')
      expect(tracedVotes(cluster.trace('v2'))).toHaveLength(votes)
    }
    await follows()
    expect(readFileSync(logFile, 'utf8')).toContain('v2 has signed before, but its folder was empty')
    await follows()
    // Blocks without a journal: the loss is remembered too.
    for (const file of ['journal', 'journal.mark']) rmSync(join(dataDir, file))
    await follows()
    await follows()
  })
})
