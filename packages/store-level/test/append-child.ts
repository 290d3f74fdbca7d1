import { finalCertificate } from '@groundwork/host/conformance'
import { openLevelStore } from '../src/index.ts'
import { history } from './history.ts'

// Appends block after block from wherever the store stands and says each height when it is durable; then waits. It is
// meant to be killed, and ends by itself only when whoever started it is gone.
const [dir, count, limit] = process.argv.slice(2) as [string, string, string]
process.stdin.resume().once('end', () => process.exit(1))

const { blocks, ledgers } = history(Number(count))
const store = await openLevelStore({ dir, genesisLedger: ledgers[0]! })
const start = (await store.head())?.height ?? 0
for (const block of blocks.slice(start, start + Number(limit))) {
  const { height } = block.block.header
  await store.append([block], finalCertificate(block), ledgers[height]!)
  process.stdout.write(`${height}\n`)
}
