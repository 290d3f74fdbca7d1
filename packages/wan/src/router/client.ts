import { request } from 'node:http'
import { CodedError } from '@groundwork/primitives'
import type { Capabilities, LinkChange } from '../link-table.ts'
import { type LinkTableInit, type LiveLinkTable, linkTable } from '../live-link-table.ts'
import { instanceHeader, type LinksAnswer } from './api.ts'
import type { ControlAddress } from './config.ts'
import type { WanAnswer } from './service.ts'

/** A router's link table from afar: a table of the same links here, whose changes are made there as well, in order. */
export interface RouterClient {
  /** Changed here at once, or refused; there when `settle` resolves. */
  readonly table: LiveLinkTable
  readonly capabilities: Capabilities
  /** These resolve when the change is in force. They reject with CodedErrors: `link-...`, `router-...`. */
  apply(change: LinkChange): Promise<void>
  remove(owner: string): Promise<void>
  removeAll(): Promise<void>
  /** Resolves when all changes so far are in force; rejects with the first that failed, and ever after. */
  settle(): Promise<void>
  wan(): Promise<WanAnswer>
  /** As the router has them. */
  links(): Promise<LinksAnswer>
}

export interface RouterClientInit {
  /** Of the router, or of something that passes its API on. */
  readonly address: ControlAddress
  readonly nodes: LinkTableInit['nodes']
  readonly regions: LinkTableInit['regions']
}

const answerWithinMs = 10_000

/**
 * Rejects with a CodedError `router-unreachable`. The client stays with the router's instance that it meets: one that
 * was started anew has forgotten all changes, and refuses further ones as `router-restarted`.
 */
export async function connectRouter({ address, nodes, regions }: RouterClientInit): Promise<RouterClient> {
  const { capabilities: told, instance } = await ask<WanAnswer>(address, 'GET', '/v1/wan', {})
  const capabilities = {
    ...told,
    properties: new Set(told.properties),
    cuts: new Set(told.cuts),
  } as Capabilities
  const mirror = linkTable({ nodes, regions, capabilities })
  let settled: Promise<void> = Promise.resolve()
  const tell = (method: string, path: string, body?: unknown): Promise<void> => {
    const told = settled.then(async () => {
      await ask(address, method, path, { [instanceHeader]: instance }, body)
    })
    settled = told
    settled.catch(() => {})
    return told
  }
  const table: LiveLinkTable = {
    ...mirror,
    apply(change) {
      mirror.apply(change)
      void tell('POST', '/v1/changes', change)
    },
    remove(owner) {
      mirror.remove(owner)
      void tell('DELETE', `/v1/changes/${encodeURIComponent(owner)}`)
    },
    removeAll() {
      mirror.removeAll()
      void tell('DELETE', '/v1/changes')
    },
  }
  return {
    table,
    capabilities,
    async apply(change) {
      table.apply(change)
      await settled
    },
    async remove(owner) {
      table.remove(owner)
      await settled
    },
    async removeAll() {
      table.removeAll()
      await settled
    },
    settle: () => settled,
    wan: () => ask<WanAnswer>(address, 'GET', '/v1/wan', {}),
    links: () => ask<LinksAnswer>(address, 'GET', '/v1/links', {}),
  }
}

function ask<T>(
  address: ControlAddress,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  body?: unknown,
): Promise<T> {
  const target = 'path' in address ? { socketPath: address.path } : address
  const text = body === undefined ? '' : JSON.stringify(body)
  return new Promise((resolve, reject) => {
    const unreachable = (reason: string): void =>
      reject(
        new CodedError('router-unreachable', `the router does not answer (${method} ${path}): ${reason}`),
      )
    const asked = request(
      {
        ...target,
        method,
        path,
        headers: {
          ...headers,
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(text),
        },
        timeout: answerWithinMs,
      },
      (response) => {
        let answer = ''
        response.setEncoding('utf8')
        response.on('data', (part: string) => {
          answer += part
        })
        response.on('error', ({ message }) => unreachable(message))
        response.on('end', () => {
          try {
            const value = JSON.parse(answer) as T & { readonly error?: string; readonly message?: string }
            if (response.statusCode === 200) resolve(value)
            else
              reject(
                new CodedError(
                  value.error ?? 'router-failed',
                  value.message ?? `status ${response.statusCode}`,
                ),
              )
          } catch {
            unreachable(`status ${response.statusCode} without JSON`)
          }
        })
      },
    )
    asked.on('timeout', () => asked.destroy(new Error(`no answer within ${answerWithinMs / 1000} s`)))
    asked.on('error', ({ message }) => unreachable(message))
    asked.end(text)
  })
}
