import { text } from 'node:stream/consumers'
import { hashToGroup, slotContext, timelordWorker } from '../src/index.ts'

/** A timelord of niceness 7 that has proved one slot: says so, and stays until its input ends. */
const timelord = timelordWorker({ niceness: 7 })
await timelord.evaluate(hashToGroup(new Uint8Array([1])), 9, slotContext(0, 1)).proof
process.stdout.write('proved\n')
await text(process.stdin)
await timelord.stop()
