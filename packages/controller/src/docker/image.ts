import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { CodedError } from '@groundwork/primitives'
import { repositoryRoot } from '../machine.ts'
import type { PrepareInit } from '../runtime/runtime.ts'
import { imageName } from './compose.ts'
import type { Engine } from './engine.ts'

/** Tells which sources an image was built from. */
export const sourcesLabel = 'io.groundwork.sources'
const rootFiles: readonly string[] = [
  ...['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml'],
  ...['docker/Dockerfile', 'docker/bundle.mjs', 'docker/entrypoint', 'docker/health'],
]
const buildTimeoutMs = 900_000

/**
 * The image of all programs, built from these sources; built now if there is none or if it is older than they are.
 * `GROUNDWORK_IMAGE` names one that is taken as it is. Resolves to its name. Throws `DOCKER_*`, one line.
 */
export async function ensureImage(engine: Engine, { say, signal }: PrepareInit): Promise<string> {
  const named = process.env.GROUNDWORK_IMAGE
  if (named !== undefined && named !== '') {
    if ((await labelOf(engine, named)) !== null) return named
    throw new CodedError('DOCKER_IMAGE', `GROUNDWORK_IMAGE=${named}: there is no such image`)
  }
  const wanted = sourcesHash()
  const found = await labelOf(engine, imageName)
  if (found === wanted) return imageName
  const why = found === null ? 'is not there' : 'was built from other sources'
  say(`building the image ${imageName}, which ${why}: up to some minutes the first time, then seconds`)
  const secrets = Object.entries({ ca: 'NODE_EXTRA_CA_CERTS', npmrc: 'GROUNDWORK_NPMRC' }).flatMap(
    ([id, variable]) => {
      const path = process.env[variable] || join(repositoryRoot, 'docker', 'none')
      return ['--secret', `id=${id},src=${path}`]
    },
  )
  const args = ['build', '--file', join(repositoryRoot, 'docker', 'Dockerfile'), '--tag', imageName]
  const label = ['--label', `${sourcesLabel}=${wanted}`]
  try {
    await engine.run([...args, ...label, ...secrets, repositoryRoot], {
      signal,
      timeoutMs: buildTimeoutMs,
      env: { DOCKER_BUILDKIT: '1' },
    })
  } catch (error) {
    if (!(error instanceof CodedError) || error.code !== 'DOCKER_FAILED') throw error
    throw new CodedError(
      'DOCKER_IMAGE',
      `the image ${imageName} cannot be built (${error.message.slice(0, 300)}); docker/README.md says what it needs`,
    )
  }
  return imageName
}

export type ImageState = 'current' | 'stale' | 'absent'

/** Whether the image that a run would take is there. */
export async function imageState(engine: Engine): Promise<ImageState> {
  const named = process.env.GROUNDWORK_IMAGE
  const found = await labelOf(engine, named || imageName)
  if (found === null) return 'absent'
  return named || found === sourcesHash() ? 'current' : 'stale'
}

/** Empty for an image without the label; null if there is no such image. */
async function labelOf(engine: Engine, image: string): Promise<string | null> {
  try {
    const format = `{{index .Config.Labels "${sourcesLabel}"}}`
    return (await engine.run(['image', 'inspect', '--format', format, image])).trim()
  } catch (error) {
    if (error instanceof CodedError && /no such image/i.test(error.message)) return null
    throw error
  }
}

/** Of all that the Dockerfile copies and that a program in a container reads. */
export function sourcesHash(): string {
  const packages = readdirSync(join(repositoryRoot, 'packages')).sort()
  const files = [
    ...rootFiles.map((name) => join(repositoryRoot, name)),
    ...packages.flatMap((name) => {
      const folder = join(repositoryRoot, 'packages', name)
      return [join(folder, 'package.json'), ...filesBelow(join(folder, 'src'))]
    }),
  ].filter((path) => existsSync(path))
  const hash = createHash('sha256')
  for (const path of files) {
    const content = createHash('sha256').update(readFileSync(path)).digest('hex')
    hash.update(`${relative(repositoryRoot, path)} ${content}\n`)
  }
  return hash.digest('hex').slice(0, 16)
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}
