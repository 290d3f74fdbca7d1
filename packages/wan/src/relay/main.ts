import { constants, setPriority } from 'node:os'
import { createInterface } from 'node:readline'
import { relays } from './relays.ts'
import type { Answer, Command } from './wire.ts'

// A network does not get slower because its nodes compute. Without the right to ask for this, it has to do without.
try {
  setPriority(constants.priority.PRIORITY_HIGH)
} catch {}

const network = relays()

async function obey(command: Command): Promise<Answer> {
  switch (command.kind) {
    case 'open':
      return { kind: 'opened', ports: await network.open(command.links) }
    case 'links':
      network.setLinks(command.links)
      return { kind: 'done' }
    case 'target':
      network.setTarget(command.name, command.address)
      return { kind: 'done' }
    case 'stats':
      return { kind: 'stats', stats: network.stats() }
  }
}

// Ctrl-C reaches the whole process group; the controller, which heals first, decides when to close our input.
process.on('SIGINT', () => {})
// A controller that is gone reads no answers, and its end of our input is closed as well.
process.stdout.on('error', () => process.exit(0))

let answered: Promise<void> = Promise.resolve()
const input = createInterface({ input: process.stdin })
input.on('line', (line) => {
  const answer = obey(JSON.parse(line) as Command).catch(
    (error: unknown): Answer => ({
      kind: 'failed',
      message: error instanceof Error ? error.message : `${error}`,
    }),
  )
  answered = answered.then(async () => {
    process.stdout.write(`${JSON.stringify(await answer)}\n`)
  })
})
input.on('close', () => process.exit(0))
