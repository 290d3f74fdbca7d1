import { parseArgs } from 'node:util'
import { CodedError } from '@groundwork/primitives'
import { type WanChoice, wanChoices } from './choose.ts'
import { readRouterConfig } from './config.ts'
import { type Router, startRouter } from './program.ts'

const usage = `usage: router --network FILE [--machine NAME] [--wan ${wanChoices.join('|')}]`
const exitCodes = { done: 0, broken: 1, cannot: 2, usage: 64 } as const

function complain(message: string, code: number): never {
  process.stderr.write(`router: ${message}\n`)
  process.exit(code)
}

interface Options {
  readonly network: string
  readonly machine: string | null
  readonly wan: WanChoice
}

function readOptions(): Options {
  const options = {
    network: { type: 'string' },
    machine: { type: 'string' },
    wan: { type: 'string' },
  } as const
  try {
    const { values } = parseArgs({ options })
    const { network, wan = process.env.GROUNDWORK_WAN || 'auto' } = values
    if (network === undefined) throw new Error('--network is missing')
    const choice = wanChoices.find((name) => name === wan)
    if (choice === undefined) throw new Error(`--wan ${wan}: expected one of ${wanChoices.join(', ')}`)
    return { network, machine: values.machine ?? (process.env.GROUNDWORK_MACHINE || null), wan: choice }
  } catch (error) {
    return complain(`${(error as Error).message.split('\n', 1)[0]}; ${usage}`, exitCodes.usage)
  }
}

const { network, machine, wan } = readOptions()
let router: Router | null = null
let ending = false
const end = async (code: number): Promise<void> => {
  if (ending) return
  ending = true
  await router?.stop().catch((error: Error) => process.stderr.write(`router: ${error.message}\n`))
  process.exit(code)
}
// While it starts, it ends as soon as it has started: nothing must be left half way.
let asked = false
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    asked = true
    if (router !== null) void end(exitCodes.done)
  })
}
process.on('uncaughtException', (error) => {
  process.stderr.write(`router: ${error.stack}\n`)
  void end(exitCodes.broken)
})

try {
  router = await startRouter(readRouterConfig(network, machine), wan)
} catch (error) {
  if (!(error instanceof CodedError)) throw error
  complain(error.message, exitCodes.cannot)
}
const { interpreter, reasons, control } = router
process.stdout.write(`${JSON.stringify({ ready: true, interpreter, requested: wan, reasons, control })}\n`)
void router.broken.then((error) => {
  if (!ending) process.stderr.write(`router: ${error.message}\n`)
  return end(exitCodes.broken)
})
if (asked) void end(exitCodes.done)
