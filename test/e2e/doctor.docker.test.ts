import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { runOwner } from '../../packages/controller/src/run-owner.ts'
import { describeDocker, docker, remains } from './docker.ts'

const main = fileURLToPath(new URL('../../packages/controller/src/main.ts', import.meta.url))
const id = randomBytes(3).toString('hex')
const image = `groundwork-doctor-${id}`
const ofRun = `groundwork-run-${id}`
const ofPerson = `groundwork-doctor-${id}`
let folder: string

interface Answer {
  readonly runtimes: { readonly docker: { readonly ready: boolean; readonly detail: string } }
  readonly probes: readonly { readonly name: string; readonly status: string; readonly detail: string }[]
  readonly leftovers: readonly {
    readonly name: string
    readonly detail: string
    readonly inUse: string | null
  }[]
}

function doctor(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Answer {
  const env = { ...process.env, GROUNDWORK_CWD: folder, ...environment }
  return JSON.parse(
    execFileSync(process.execPath, [main, 'doctor', '--json', ...args], { encoding: 'utf8', env }),
  )
}

const of = (answer: Answer, project: string) => answer.leftovers.find(({ name }) => name === project)

/** A network, a volume and a container that never ran, with the labels of a project of ours. */
function make(project: string, composeFile: string): void {
  const compose = [`com.docker.compose.project=${project}`, 'com.docker.compose.oneoff=False']
  const labels = (...more: readonly string[]) =>
    [`io.groundwork.project=${project}`, ...compose, ...more].flatMap((label) => ['--label', label])
  docker('network', 'create', ...labels('com.docker.compose.network=link-v1'), `${project}_link-v1`)
  docker('volume', 'create', ...labels('com.docker.compose.volume=home-v1'), `${project}_home-v1`)
  const node = ['io.groundwork.role=node', 'io.groundwork.node=v1', 'com.docker.compose.service=v1']
  const files = `com.docker.compose.project.config_files=${composeFile}`
  docker('create', '--name', `${project}-v1-1`, ...labels(...node, files), image, '/nothing')
}

describeDocker('doctor with an engine', () => {
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'groundwork-doctor-'))
    const empty = join(folder, 'empty.tar')
    writeFileSync(empty, new Uint8Array(1024))
    docker('import', empty, image)
    make(ofRun, join(folder, 'runs', 'small', '1', 'docker', 'compose.yaml'))
    make(ofPerson, join(folder, 'compose.yaml'))
  })
  afterAll(() => {
    for (const project of [ofRun, ofPerson]) {
      for (const [kind, name] of [
        ['container', `${project}-v1-1`],
        ['network', `${project}_link-v1`],
        ['volume', `${project}_home-v1`],
      ] as const) {
        if (remains(project).length > 0) docker(kind, 'rm', '--force', name)
      }
    }
    docker('rmi', image)
    rmSync(folder, { recursive: true, force: true })
  })

  it('says that containers can run, and how links would be emulated', () => {
    const { runtimes, probes } = doctor(['--for', 'docker'])
    expect(runtimes.docker).toMatchObject({ ready: true, detail: expect.stringMatching(/^(netem|packets)/) })
    expect(probes.filter(({ status }) => status === 'missing')).toEqual([])
    expect(probes.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['daemon', 'compose', 'subnet', 'netem', 'tun']),
    )
  })

  it('says that no daemon answers where none does', () => {
    const { runtimes, probes } = doctor([], { DOCKER_HOST: 'unix:///nonexistent.sock' })
    expect(runtimes.docker).toEqual({ ready: false, detail: 'missing: daemon' })
    expect(probes.find(({ name }) => name === 'daemon')?.detail).toBe('the Docker daemon does not answer')
  })

  it('removes what a run left once that is over, and nothing else', () => {
    const run = join(folder, 'runs', 'small', '1')
    mkdirSync(run, { recursive: true })
    const facts = { version: 1, endedAt: null, controller: runOwner() }
    writeFileSync(join(run, 'run.json'), JSON.stringify(facts))
    const inUse = doctor(['--clean'])
    expect(of(inUse, ofRun)).toMatchObject({
      detail: '1 container, 1 network, 1 volume',
      inUse: 'a run goes on in it',
    })
    expect(of(inUse, ofPerson)?.inUse).toContain(`is stopped: groundwork down --project ${ofPerson}`)
    expect(remains(ofRun)).toHaveLength(3)

    writeFileSync(join(run, 'run.json'), JSON.stringify({ ...facts, endedAt: new Date().toISOString() }))
    expect(of(doctor([]), ofRun)?.inUse).toBeNull()
    expect(of(doctor(['--clean']), ofRun)).toBeUndefined()
    expect(remains(ofRun)).toEqual([])
    expect(remains(ofPerson)).toHaveLength(3)
  })
})
