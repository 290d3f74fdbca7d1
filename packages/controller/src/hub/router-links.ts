import { CodedError } from '@groundwork/primitives'
import type { LinkControl } from '../runtime/runtime.ts'
import type { Upstream } from './upstream.ts'

export interface RouterLinks extends LinkControl {
  apply(...change: Parameters<LinkControl['apply']>): Promise<void>
  remove(owner: string): Promise<void>
  removeAll(): Promise<void>
}

/** The link table in the router. Rejects with the router's own code and line, or `ROUTER` if it does not answer. */
export function routerLinks(ask: Pick<Upstream, 'forward'>): RouterLinks {
  const demand = async (method: string, path: string, value?: unknown): Promise<void> => {
    const body = value === undefined ? null : Buffer.from(JSON.stringify(value))
    const answer = await ask.forward(method, path, body)
    if (answer === null) throw new CodedError('ROUTER', 'the router does not answer')
    if (!answer.ok) throw await errorOf(answer, 'the router')
  }
  return {
    apply: (change) => demand('POST', '/v1/changes', change),
    remove: (owner) => demand('DELETE', `/v1/changes/${encodeURIComponent(owner)}`),
    removeAll: () => demand('DELETE', '/v1/changes'),
  }
}

/** The error that an answer of ours carries: `{ error: CODE, message: one line }`. */
export async function errorOf(answer: Response, who: string): Promise<CodedError> {
  const text = await answer.text().catch(() => '')
  try {
    const { error, message } = JSON.parse(text) as { error?: unknown; message?: unknown }
    if (typeof error === 'string' && typeof message === 'string') return new CodedError(error, message)
  } catch {
    // Not from a program of ours.
  }
  return new CodedError('HTTP', `${who} answered with status ${answer.status}`)
}
