/** How long verifying takes: `node packages/client/test/measure.ts FILE [page]`, with a recording that `record.ts` made. */
import { readFileSync } from 'node:fs'
import { parseGenesis, parsePhysicalGenesis } from '@groundwork/genesis'
import { nodeSignatures } from '@groundwork/host'
import { createCheckPool } from '@groundwork/physical-host'
import { createClient } from '../src/index.ts'
import { type Recording, recordedNode } from './recording.ts'

const [file = '', how = 'node'] = process.argv.slice(2)
const recording: Recording = JSON.parse(readFileSync(file, 'utf8'))
const physical = parsePhysicalGenesis(recording.physicalGenesis)
const source = recordedNode(recording)
const isPage = how === 'page'
const pool = isPage ? undefined : createCheckPool({ genesis: physical })
const started = { ms: performance.now(), cpu: process.cpuUsage() }
const client = createClient({
  genesis: { stake: parseGenesis(recording.stakeGenesis), physical },
  sources: [source],
  clock: { now: () => performance.now(), schedule: (afterMs, run) => void setTimeout(run, afterMs) },
  wallMs: Date.now,
  random: () => 0,
  ...(!isPage && { verify: nodeSignatures.verify }),
  ...(pool !== undefined && { pool }),
  onEvent(event) {
    if (event.kind !== 'physical' || event.height < recording.blocks.length) return
    const { user, system } = process.cpuUsage(started.cpu)
    const seconds = (ms: number) => (ms / 1000).toFixed(1)
    const took = `${seconds(performance.now() - started.ms)} s, ${seconds((user + system) / 1000)} s of CPU`
    process.stdout.write(`${how}: ${event.height} blocks, ${recording.slots.length} slots: ${took}\n`)
    process.exit(0)
  },
  onFailure(error) {
    throw error
  },
})
client.start()
