import { basename, dirname, join } from 'node:path'
import { dockerEngine } from '../docker/engine.ts'
import { listNetworks, theNetwork } from '../docker/networks.ts'
import { removeNetwork } from '../docker/prepared.ts'
import { output } from './output.ts'
import { forgetFiles, networksFolder } from './up-command.ts'

export interface DownOptions {
  readonly project?: string
}

/** Removes the network that is up: containers, networks, volumes. Nothing there is no error. */
export async function downCommand(options: DownOptions): Promise<void> {
  const out = output(false)
  const engine = dockerEngine()
  if ((await listNetworks(engine)).length === 0) {
    // What is left of one whose containers are gone.
    if (options.project !== undefined) await removeNetwork(engine, options.project)
    out.say('no network of containers is up')
    return
  }
  const { project, containers } = await theNetwork(engine, options.project)
  await removeNetwork(engine, project)
  for (const { composeFile } of containers.slice(0, 1)) forget(project, composeFile)
  out.say(`${project} is down: ${containers.length} containers, their networks and volumes are removed`)
}

/** The files that `up` wrote for it; those of others are theirs. */
function forget(project: string, composeFile: string | null): void {
  if (composeFile === null) return
  const folder = dirname(composeFile)
  const ours = join(networksFolder, project)
  if (join(basename(dirname(folder)), basename(folder)) === ours) forgetFiles(folder)
}
