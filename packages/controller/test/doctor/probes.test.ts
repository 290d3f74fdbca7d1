import { CodedError } from '@groundwork/primitives'
import { describe, expect, it } from 'vitest'
import { dockerError } from '../../src/docker/engine.ts'
import {
  buildxProbe,
  composeProbe,
  daemonProbes,
  dockerProblem,
  parseInfo,
  portProbe,
  versionIn,
} from '../../src/doctor/docker.ts'
import { readiness } from '../../src/doctor/examine.ts'
import { coresProbe, diskProbe, loopbackProbe, memoryProbe, nodeProbe } from '../../src/doctor/machine.ts'
import { platformOf } from '../../src/doctor/platform.ts'
import { type Probe, probe } from '../../src/doctor/probe.ts'
import { judgeTrial, parseTrial } from '../../src/doctor/wan.ts'

const gibibyte = 2 ** 30
const ubuntu = platformOf({ os: 'linux', release: '6.8.0', osRelease: 'ID=ubuntu\n', systemd: true })
const statuses = (probes: readonly Probe[]) => probes.map(({ name, status }) => `${name} ${status}`)

describe('the machine', () => {
  it('needs a Node that runs TypeScript', () => {
    expect(nodeProbe('v24.21.0').status).toBe('ok')
    expect(nodeProbe('v26.0.0').status).toBe('ok')
    expect(nodeProbe('v22.12.0')).toMatchObject({
      status: 'missing',
      detail: 'v22.12.0: version 24 or later is needed',
    })
  })

  it('may be small, up to a point', () => {
    expect(coresProbe(1).status).toBe('warn')
    expect([4, 1.9, 0.4].map((it) => memoryProbe(it * gibibyte, 4 * gibibyte).status)).toEqual([
      'ok',
      'warn',
      'missing',
    ])
    expect(memoryProbe(1.5 * gibibyte, 4 * gibibyte).detail).toContain('1.5 GiB available of 4.0 GiB')
    expect([5, 1, 0.05].map((it) => diskProbe('/runs', it * gibibyte).status)).toEqual([
      'ok',
      'warn',
      'missing',
    ])
    expect(diskProbe('/runs', null).status).toBe('unknown')
    expect(loopbackProbe('EACCES')).toMatchObject({
      status: 'missing',
      detail: expect.stringContaining('EACCES'),
    })
  })
})

describe('the docker client', () => {
  // As docker 20, 24 and 28 write it.
  it.each([
    [
      'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?',
      'does not answer',
      'sudo systemctl start docker',
    ],
    [
      'failed to connect to the docker API at unix:///nonexistent.sock; check if the path is correct',
      'does not answer',
      'sudo systemctl start docker',
    ],
    [
      'permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: Get "http://%2Fvar%2Frun%2Fdocker.sock/v1.24/info": dial unix /var/run/docker.sock: connect: permission denied',
      'no permission',
      'usermod -aG docker',
    ],
    [
      "docker: 'compose' is not a docker command.\nSee 'docker --help'",
      'Compose v2 is missing',
      'docker-compose-v2',
    ],
  ])('says %s', (stderr, detail, mend) => {
    const found = dockerProblem('daemon', dockerError(['compose', 'version'], 1, stderr), ubuntu)
    expect(found).toMatchObject({ status: 'missing' })
    expect(found.detail).toContain(detail)
    expect(found.mend).toContain(mend)
  })

  it('may say something unheard of', () => {
    const found = dockerProblem('daemon', dockerError(['info'], 1, 'the moon is full\n'), ubuntu)
    expect(found).toEqual(probe('containers', 'daemon', 'missing', 'docker info: the moon is full'))
    expect(dockerProblem('client', new CodedError('DOCKER_MISSING', 'x'), ubuntu).mend).toContain('docker.io')
  })

  it.each([
    ['Docker version 28.2.2, build e6534b4', '28.2.2'],
    ['Docker version 20.10.24+dfsg1, build 297e128', '20.10.24+dfsg1'],
    ['2.26.1-4\n', '2.26.1-4'],
    ['v2.35.1', '2.35.1'],
    ['github.com/docker/buildx v0.13.1+ds1 0.13.1+ds1-3', '0.13.1+ds1'],
    ['dev', null],
  ])('tells its version in %s', (text, version) => expect(versionIn(text)).toBe(version))

  it('needs the second Compose', () => {
    expect(composeProbe('2.26.1-4\n', ubuntu).status).toBe('ok')
    expect(composeProbe('1.29.2', ubuntu)).toMatchObject({
      status: 'missing',
      detail: expect.stringContaining('1.29.2'),
    })
    expect(composeProbe('', ubuntu).status).toBe('missing')
  })

  it('needs buildx only to build', () => {
    expect(buildxProbe('v0.13.1', 'absent', ubuntu).status).toBe('ok')
    expect(buildxProbe(null, 'current', ubuntu).status).toBe('warn')
    expect(buildxProbe(null, 'stale', ubuntu).status).toBe('missing')
  })
})

describe('the daemon', () => {
  const info = {
    ServerVersion: '28.2.2',
    OperatingSystem: 'Docker Desktop',
    KernelVersion: '6.10.14-linuxkit',
    NCPU: 4,
    MemTotal: 8 * gibibyte,
    MemoryLimit: true,
    CpuCfsQuota: true,
    PidsLimit: true,
  }
  it('says of itself what it is', () => {
    expect(parseInfo(JSON.stringify(info))).toEqual(info)
    expect(daemonProbes(info)).toEqual([
      probe('containers', 'daemon', 'ok', '28.2.2 on Docker Desktop, 4 processors, 8.0 GiB'),
    ])
  })

  it.each(['', 'null', '{', '{}', '{"ServerVersion":"","ServerErrors":["Cannot connect"]}'])(
    'is away if the answer is %j',
    (text) => expect(parseInfo(text)).toBeNull(),
  )

  it('may be old, small, or unable to hold nodes back', () => {
    expect(statuses(daemonProbes({ ...info, ServerVersion: '19.03.1' }))).toEqual(['daemon warn'])
    expect(statuses(daemonProbes({ ...info, MemTotal: 1.5 * gibibyte }))).toEqual(['daemon warn'])
    const [, limits] = daemonProbes({ ...info, CpuCfsQuota: false, PidsLimit: false })
    expect(limits?.detail).toContain('cannot limit processors and processes')
  })
})

it('the port of the default network is free, our own, or somebody else’s', () => {
  expect(portProbe(null, []).status).toBe('ok')
  expect(portProbe('EADDRINUSE', ['groundwork'])).toMatchObject({
    status: 'ok',
    detail: expect.stringContaining('groundwork, which is up'),
  })
  expect(portProbe('EADDRINUSE', [])).toMatchObject({ status: 'warn', mend: 'groundwork up --port 0' })
  expect(portProbe('EACCES', ['groundwork']).status).toBe('warn')
})

describe('the trial of netem and packets', () => {
  const said = (reasons: object) => `a warning\ngroundwork-trial ${JSON.stringify(reasons)}\n`
  const judged = (reasons: object) => judgeTrial(parseTrial(said(reasons), 'here'), ubuntu, false)

  it('takes netem where the kernel has it', () => {
    const { probes, interpreter } = judged({
      netem: 'available, without duplicates (x)',
      packets: 'available',
    })
    expect(interpreter).toBe('netem')
    expect(statuses(probes)).toEqual(['netem ok', 'tun ok'])
    expect(judged({ netem: 'available', packets: 'there is no /dev/net/tun' }).probes[1]).toMatchObject({
      status: 'warn',
    })
  })

  it('takes packets elsewhere, and says what would bring netem', () => {
    const { probes, interpreter } = judged({ netem: 'the kernel has no sch_netem', packets: 'available' })
    expect(interpreter).toBe('packets')
    expect(probes[0]).toMatchObject({
      status: 'warn',
      detail: 'the kernel has no sch_netem (tried here); packets takes its place',
      mend: 'sudo apt-get install linux-modules-extra-$(uname -r)',
    })
  })

  it('says so if there is no way', () => {
    const error =
      'no way to emulate a network here: netem: the kernel has no sch_netem; packets: there is no /dev/net/tun'
    const { probes, interpreter } = judged({ error })
    expect(interpreter).toBeNull()
    expect(statuses(probes)).toEqual(['netem warn', 'tun missing'])
  })

  it.each(['', 'Error: nonsense', said({ error: 'something else broke' })])('says nothing of %j', (text) => {
    const trial = parseTrial(text, 'here')
    expect(trial).toBeNull()
    expect(judgeTrial(trial, ubuntu, false).interpreter).toBeUndefined()
  })
})

describe('what can run', () => {
  const fine = [probe('machine', 'node', 'ok', ''), probe('machine', 'memory', 'warn', '')]
  const docker = [probe('containers', 'daemon', 'ok', '')]
  const ready = (...parameters: Parameters<typeof readiness>) => {
    const { simulated, process, docker } = readiness(...parameters)
    return [simulated.ready, process.ready, docker.ready]
  }
  it('is what lacks nothing', () => {
    expect(ready([...fine, ...docker], 'packets')).toEqual([true, true, true])
    expect(ready([...fine, ...docker], undefined)).toEqual([true, true, true])
    expect(ready([...fine, ...docker], null)).toEqual([true, true, false])
    const loopback = probe('machine', 'loopback', 'missing', '')
    expect(ready([...fine, loopback, ...docker], 'netem')).toEqual([true, false, false])
    const compose = probe('containers', 'compose', 'missing', '')
    expect(readiness([...fine, compose], undefined).docker).toEqual({
      ready: false,
      detail: 'missing: compose',
    })
  })
})
