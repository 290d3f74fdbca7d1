import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { capabilitiesOf } from '@groundwork/wan'
import type { ScenarioFile } from '../cli/library.ts'
import { repositoryRoot } from '../machine.ts'
import { planFile } from '../planning.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { type ComposeInit, composeFile, defaultLimits, formatCompose, imageName } from './compose.ts'
import { ports } from './layout.ts'
import { type NetworkFile, networkFile } from './network-file.ts'

/** Of the network that `compose.yaml` in the root of the repository starts: it is the same for everybody. */
const defaultSeed = 1
const comment = `The network of docker/default.yaml: docker compose up --detach --wait, and docker compose down --volumes.
Generated: npm run --silent groundwork -- compose >compose.yaml (and compose --network-file >docker/network.json).
What each container may do and why: docker/README.md.`

/** What planning for containers can count on before a kernel was seen: everything, by the interpreter of last resort. */
export const containers: Pick<Runtime, 'name' | 'capabilities'> = {
  name: 'docker',
  capabilities: capabilitiesOf('packets'),
}

/** How compose files are written unless somebody wants it otherwise, there or in the environment; `file`, `networkFile` and `build` are missing. */
export const composeDefaults: Omit<ComposeInit, 'file' | 'networkFile' | 'build'> = {
  machine: null,
  image: imageName,
  homes: { kind: 'volumes' },
  user: null,
  apiPort: `\${GROUNDWORK_PORT:-${ports.controller}}`,
  tun: true,
  wan: `\${GROUNDWORK_WAN:-auto}`,
  healthEveryS: 5,
  limits: defaultLimits,
}

export function defaultScenario(): ScenarioFile {
  const path = join(repositoryRoot, 'docker', 'default.yaml')
  return { path, shown: 'docker/default.yaml', text: readFileSync(path, 'utf8') }
}

/** `docker/network.json`. */
export function defaultNetwork(): NetworkFile {
  return networkFile({ plan: planFile(defaultScenario(), containers, defaultSeed) })
}

/** `compose.yaml` in the root of the repository. */
export function defaultCompose(): string {
  const init = { ...composeDefaults, networkFile: './docker/network.json', build: '.' }
  return formatCompose(composeFile({ ...init, file: defaultNetwork() }), comment)
}
