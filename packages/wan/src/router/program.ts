import { rmSync } from 'node:fs'
import type { Server } from 'node:http'
import { CodedError } from '@groundwork/primitives'
import { createAdaptorServer } from '@hono/node-server'
import type { Hono } from 'hono'
import { routerApi } from './api.ts'
import { type Choice, chooseInterpreter, clearLeftovers, type WanChoice } from './choose.ts'
import type { ControlAddress, RouterConfig } from './config.ts'
import { addGateways, enableForwarding, findInterfaces, removeGateways, requireNetAdmin } from './host.ts'
import { openService } from './service.ts'
import { openTunnel } from './tunnel/tunnel.ts'

export interface Router {
  readonly interpreter: string
  readonly reasons: Choice['reasons']
  /** With the port that was taken, if any was asked for. */
  readonly control: ControlAddress
  /** Resolves when the emulation is gone: the router must end, for it would lie. */
  readonly broken: Promise<Error>
  /** Removes everything that the router added to its network namespace. Idempotent. */
  stop(): Promise<void>
}

/**
 * Makes this network namespace a router that emulates the network between the nodes. They reach each other only when
 * everything is in force. Throws a CodedError `router-...`, and leaves nothing.
 */
export async function startRouter(config: RouterConfig, wan: WanChoice): Promise<Router> {
  requireNetAdmin()
  const undo: (() => unknown)[] = []
  let stopped: Promise<void> | null = null
  const stop = (): Promise<void> => {
    stopped ??= (async () => {
      for (const step of undo.reverse()) await step()
    })()
    return stopped
  }
  try {
    if (config.tunnel !== undefined) {
      const tunnel = await openTunnel(config.tunnel, (message) =>
        process.stderr.write(`router: ${message}\n`),
      )
      undo.push(() => tunnel.close())
    }
    const found = await findInterfaces(config.nodes)
    const interfaces = found.map((node) => node.interface)
    const nodes = found.map((node, i) => ({ ...node, gateway: config.nodes[i]?.gateway as string }))
    await removeGateways(nodes)
    await clearLeftovers(interfaces)
    const choice = await chooseInterpreter(wan)
    undo.push(enableForwarding())
    const service = await openService(config, found, choice)
    undo.push(() => service.close())
    const api = await serve(routerApi(service), config.control)
    undo.push(() => api.close())
    undo.push(() => removeGateways(nodes))
    await addGateways(nodes)
    const { interpreter } = choice.capabilities
    return { interpreter, reasons: choice.reasons, control: api.address, broken: service.broken, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

interface ApiServer {
  readonly address: ControlAddress
  close(): Promise<void>
}

function serve(app: Hono, control: ControlAddress): Promise<ApiServer> {
  const shown = 'path' in control ? control.path : `${control.host}:${control.port}`
  return new Promise((resolve, reject) => {
    const server = createAdaptorServer({ fetch: app.fetch, overrideGlobalObjects: false }) as Server
    server.once('error', ({ message }) => {
      reject(new CodedError('router-listen', `the router's API cannot listen on ${shown}: ${message}`))
    })
    // Left by a router that was killed.
    if ('path' in control) rmSync(control.path, { force: true })
    server.listen(control, () => {
      const address = server.address()
      resolve({
        address:
          typeof address === 'object' && address !== null
            ? { host: address.address, port: address.port }
            : control,
        close: () =>
          new Promise((done) => {
            server.close(() => done())
            server.closeAllConnections()
          }),
      })
    })
  })
}
