import { join } from 'node:path'
import type { Engine } from '../docker/engine.ts'
import { readTail } from './log-tail.ts'

const maxBytes = 500
const lines = 5

/** The end of what a container said: on its standard streams or, of a node, in the log in its home. For an error message. */
export async function lastWordsOf(engine: Engine, id: string, home: string | null): Promise<string> {
  const said = await engine.run(['logs', '--tail', `${lines}`, id], { withErrors: true }).catch(() => '')
  const text = said
    .trim()
    .split('\n')
    .filter((line) => !line.startsWith('{"ready":true'))
    .join(' | ')
    .slice(-maxBytes)
  return text !== '' || home === null ? text : readTail(join(home, 'node.log'), maxBytes)
}
