import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Child, startChild } from '../src/runtime/child.ts'
import { identify, isAlive, type ProcessIdentity } from '../src/runtime/process-identity.ts'
import { startReaper } from '../src/runtime/reaper.ts'

let folder: string
const started: Child[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'groundwork-children-'))
})
afterEach(async () => {
  for (const child of started.splice(0)) {
    child.signal('SIGKILL')
    await child.exited
  }
  rmSync(folder, { recursive: true, force: true })
})

/** Ends with its standard input, as all our programs do. */
const polite = `process.stdin.on('end', () => process.exit(0)).resume(); console.log(JSON.stringify({ pid: process.pid }));`
/** Cannot be ended but by SIGKILL. */
const stubborn = `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('{}');`

function start(program: string, readyWithinMs = 10_000): Child {
  const file = join(folder, `program-${started.length}.cjs`)
  writeFileSync(file, program)
  const logFile = join(folder, `log-${started.length}`)
  const child = startChild({ name: 'program', args: [file], env: {}, logFile, readyWithinMs })
  started.push(child)
  return child
}

async function gone(identity: ProcessIdentity): Promise<void> {
  while (isAlive(identity)) await delay(10)
}

function stateOf(pid: number): string | undefined {
  return /^State:\s+(\S)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
}

describe('a child', () => {
  it('tells its ready line and ends in order', async () => {
    const child = start(polite)
    expect(await child.ready).toEqual({ pid: child.identity.pid })
    expect(child.running()).toBe(true)
    await child.end(5000)
    expect(child.running()).toBe(false)
    expect(isAlive(child.identity)).toBe(false)
  })

  it('does not inherit settings that are meant for one node', async () => {
    process.env.GROUNDWORK_API_PORT = '1'
    try {
      const names = 'Object.keys(process.env).filter((name) => name.startsWith("GROUNDWORK"))'
      expect(await start(`console.log(JSON.stringify(${names}))`).ready).toEqual([])
    } finally {
      delete process.env.GROUNDWORK_API_PORT
    }
  })

  it('is killed after the grace if it does not listen', async () => {
    const child = start(stubborn)
    await child.ready
    await child.end(100)
    expect(await child.exited).toEqual({ code: null, signal: 'SIGKILL' })
  })

  it('can be ended while it is paused', async () => {
    const child = start(polite)
    await child.ready
    child.signal('SIGSTOP')
    while (stateOf(child.identity.pid) !== 'T') await delay(5)
    await child.end(5000)
    expect(isAlive(child.identity)).toBe(false)
  })

  it('that ends before it is ready says why, with the tail of its log', async () => {
    const child = start(`console.error('port 1 is in use'); process.exit(3)`)
    await expect(child.ready).rejects.toThrow(
      'program ended before it was ready (exit code 3); its log ends: port 1 is in use',
    )
  })

  it('that prints something else is refused', async () => {
    await expect(start(`console.log('hello'); setInterval(() => {}, 1000)`).ready).rejects.toThrow(
      'printed "hello"',
    )
  })

  it('that stays silent is refused', async () => {
    await expect(start('setInterval(() => {}, 1000)', 200).ready).rejects.toThrow('not ready within 200 ms')
  })
})

describe('when the parent is killed', () => {
  /** Starts a parent that starts two children, one of them paused; kills it; says who they were. */
  async function killedParent(): Promise<ProcessIdentity[]> {
    const child = fileURLToPath(new URL('../src/runtime/child.ts', import.meta.url))
    const reaper = fileURLToPath(new URL('../src/runtime/reaper.ts', import.meta.url))
    const program = join(folder, 'polite.cjs')
    writeFileSync(program, polite)
    const parent = join(folder, 'parent.mjs')
    writeFileSync(
      parent,
      `import { startChild } from ${JSON.stringify(child)}
       import { startReaper } from ${JSON.stringify(reaper)}
       const reaper = startReaper()
       const children = [0, 1].map((i) => startChild({ name: 'c' + i, env: {}, args: [${JSON.stringify(program)}], logFile: ${JSON.stringify(folder)} + '/c' + i, readyWithinMs: 10000 }))
       for (const child of children) { await child.ready; reaper.watch(child.identity) }
       children[1].signal('SIGSTOP')
       console.log(JSON.stringify([reaper.pid, ...children.map((child) => child.identity.pid)]))
       setInterval(() => {}, 1000)`,
    )
    const parentProcess = spawn(process.execPath, [parent], { stdio: ['ignore', 'pipe', 'inherit'] })
    const exited = once(parentProcess, 'exit')
    const [line] = (await once(createInterface({ input: parentProcess.stdout }), 'line')) as [string]
    const identities = (JSON.parse(line) as number[]).map(identify)
    while (stateOf((identities[2] as ProcessIdentity).pid) !== 'T') await delay(5)
    expect(identities.every(isAlive)).toBe(true)
    parentProcess.kill('SIGKILL')
    await exited
    return identities
  }

  it('its children end, the paused one and the reaper too', async () => {
    const identities = await killedParent()
    for (const identity of identities) await gone(identity)
  })
})

describe('the reaper', () => {
  it('ends who is watched, spares who is released and whoever has a reused pid', async () => {
    const [watched, released, reused] = [start(stubborn), start(stubborn), start(stubborn)] as const
    for (const child of [watched, released, reused]) await child.ready
    const reaper = startReaper()
    reaper.watch(watched.identity)
    reaper.watch(released.identity)
    reaper.release(released.identity.pid)
    reaper.watch({ pid: reused.identity.pid, startTime: '1' })
    await reaper.close()
    expect(existsSync(`/proc/${reaper.pid}`)).toBe(false)
    expect(await watched.exited).toEqual({ code: null, signal: 'SIGKILL' })
    expect(released.running()).toBe(true)
    expect(reused.running()).toBe(true)
  })

  it('ends whole groups, and then runs commands one after the other, unless they were forgotten', async () => {
    const mark = join(folder, 'mark')
    const group = spawn('sh', ['-c', 'sleep 60 & echo $!; wait'], {
      detached: true,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const [line] = (await once(createInterface({ input: group.stdout }), 'line')) as [string]
    const [leader, member] = [identify(group.pid as number), identify(Number(line))]
    const reaper = startReaper()
    reaper.watch(leader, true)
    reaper.runAtEnd(['sh', '-c', `echo never >> ${mark}`])
    reaper.forgetCommands()
    reaper.runAtEnd(['no-such-program'])
    reaper.runAtEnd([
      'sh',
      '-c',
      `kill -0 ${leader.pid} 2>/dev/null && echo early >> ${mark}; echo one >> ${mark}`,
    ])
    reaper.runAtEnd(['sh', '-c', `echo "two ' words" >> ${mark}`])
    await reaper.close()
    expect(isAlive(leader)).toBe(false)
    await gone(member)
    expect(readFileSync(mark, 'utf8')).toBe("one\ntwo ' words\n")
  })
})
