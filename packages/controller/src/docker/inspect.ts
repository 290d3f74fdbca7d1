import { CodedError } from '@groundwork/primitives'
import type { Engine } from './engine.ts'

const triesMax = 10

/**
 * What `docker KIND inspect` says of everything that `docker KIND ls FILTERS` lists. Something that is removed between the
 * two commands fails the second: then both are done again.
 */
export async function inspectAll<T>(
  engine: Engine,
  kind: 'container' | 'network' | 'volume',
  filters: readonly string[],
): Promise<readonly T[]> {
  for (let tries = 1; ; tries++) {
    const list = [kind, 'ls', '-q', ...(kind === 'container' ? ['-a', '--no-trunc'] : []), ...filters]
    const ids = (await engine.run(list)).split('\n').filter(Boolean)
    if (ids.length === 0) return []
    try {
      return JSON.parse(await engine.run([kind, 'inspect', ...ids])) as readonly T[]
    } catch (error) {
      const removed = error instanceof CodedError && /no such|not found/i.test(error.message)
      if (!removed || tries === triesMax) throw error
    }
  }
}
