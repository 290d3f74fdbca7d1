import type { Engine } from './engine.ts'
import { freeSubnet } from './subnets.ts'

/** A daemon that answers, Compose v2, a free subnet: what a network of containers takes. Throws `DOCKER_*`, one line. */
export async function requireDocker(engine: Engine, subnet?: string): Promise<void> {
  await engine.run(['compose', 'version'])
  // Asks the daemon.
  await freeSubnet(engine, subnet)
}
