import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dockerEngine } from '../../src/docker/engine.ts'

let folder: string
const path = process.env.PATH
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'groundwork-engine-'))
  process.env.PATH = `${folder}:${path}`
})
afterAll(() => {
  process.env.PATH = path
  rmSync(folder, { recursive: true, force: true })
})

/** A program in the place of the docker client. */
function client(script: string): void {
  writeFileSync(join(folder, 'docker'), `#!/bin/sh\n${script}\n`)
  chmodSync(join(folder, 'docker'), 0o755)
}

const refused = (args: readonly string[]): Promise<string> =>
  dockerEngine()
    .run(args)
    .then(
      () => 'no error',
      ({ code, message }) => `${code} ${message}`,
    )

describe('the docker client', () => {
  it.each([
    [
      ['ps'],
      'permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: dial unix',
      'DOCKER_PERMISSION no permission on the Docker socket; become a member of the group docker',
    ],
    [
      ['ps'],
      'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?',
      'DOCKER_DOWN the Docker daemon does not answer; start it',
    ],
    [
      ['compose', 'up'],
      "docker: 'compose' is not a docker command.",
      'DOCKER_COMPOSE Docker Compose v2 is missing',
    ],
    [
      ['compose', '-p', 'x', 'up'],
      "unknown shorthand flag: 'p' in -p",
      'DOCKER_COMPOSE Docker Compose v2 is missing',
    ],
    [
      ['kill', 'abc'],
      'Error response from daemon: No such container: abc',
      'DOCKER_FAILED docker kill abc: No such container: abc',
    ],
  ])('%j that says "%s" fails in one line', async (args, said, line) => {
    client(`echo "${said}" >&2; exit 1`)
    const message = await refused(args)
    expect(message.slice(0, line.length)).toBe(line)
    expect(message).not.toContain('\n')
  })

  it('that is not there is named', async () => {
    process.env.PATH = join(folder, 'nothing')
    try {
      expect(await refused(['ps'])).toMatch(/^DOCKER_MISSING no docker client was found in the PATH; install/)
    } finally {
      process.env.PATH = `${folder}:${path}`
    }
  })

  it('gets its arguments as they are and hands back its output', async () => {
    client('for word; do echo "<$word>"; done')
    expect(await dockerEngine().run(['a b', '$HOME', "'"])).toBe("<a b>\n<$HOME>\n<'>\n")
  })

  it('is ended with what it started when it takes too long or is interrupted', async () => {
    const mark = join(folder, 'late')
    client(`sh -c 'sleep 2; touch ${mark}' & wait`)
    await expect(dockerEngine().run(['up'], { timeoutMs: 100 })).rejects.toMatchObject({
      message: 'docker up did not end within 0.1 s',
    })
    const signal = AbortSignal.timeout(100)
    await expect(dockerEngine().run(['up'], { signal })).rejects.toMatchObject({ code: 'DOCKER_ABORTED' })
    expect(existsSync(mark)).toBe(false)
  })

  it('that goes on tells line by line until it is ended, and why if it ends by itself', async () => {
    client('echo one; echo two; exec sleep 60')
    const lines: string[] = []
    const heard = Promise.withResolvers<void>()
    const stream = dockerEngine().follow(['events'], (line) => {
      lines.push(line)
      if (lines.length === 2) heard.resolve()
    })
    await heard.promise
    stream.end()
    expect(await stream.ended).toBeNull()
    expect(lines).toEqual(['one', 'two'])
    client('echo "unexpected EOF" >&2; exit 1')
    expect((await dockerEngine().follow(['events'], () => {}).ended)?.message).toBe(
      'docker events: unexpected EOF',
    )
  })
})
