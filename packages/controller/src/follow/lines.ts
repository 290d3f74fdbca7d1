import type { ClientEvent, TransactionReport } from '@groundwork/client'
import { type Hash, toHex } from '@groundwork/primitives'

/** What an event says, in a line for people; null: nothing worth one. */
export function lineOf(event: ClientEvent): string | null {
  switch (event.kind) {
    case 'physical': {
      const back = event.reverted > 0 ? `, ${plural(event.reverted, 'block')} taken back` : ''
      const items = event.items.length > 0 ? `, ${itemsOf(event.items)}` : ''
      return `physical ${event.height}  ${short(event.hash)}  slot ${event.slot}${items}${back}`
    }
    case 'stake': {
      const { height, hash, view, signed, total, transactions } = event
      const content = transactions > 0 ? `, ${plural(transactions, 'transaction')}` : ''
      return `stake ${height}  ${short(hash)}  view ${view}, ${signed} of ${total} signed${content}`
    }
    case 'checkpoint': {
      const { height, epoch, blocks, tipHeight, refreshing } = event
      const late = refreshing ? '' : ', too old to put the deadline off'
      return `checkpoint in physical ${height}  stake ${tipHeight} of epoch ${epoch}, ${plural(blocks, 'block')}${late}`
    }
    case 'mode':
      return event.mode === 'FAST'
        ? `FAST from physical ${event.height} on: the stake chain orders`
        : `RECORDED from physical ${event.height} on: no checkpoint in time, the physical chain orders`
    case 'window': {
      const { window, justified, present, weight } = event
      return `window ${window} ${justified ? 'justified' : 'not justified'}  ${present} of ${weight} voted`
    }
    case 'epoch':
      return `epoch ${event.number} of the stake chain`
    case 'slashed':
      return `validator ${event.validator.slice(0, 12)} slashed (${event.rule})`
    case 'hazard':
      return `hazard: ${event.what}: ${event.reason}, ${plural(event.lost.length, 'block')} lost`
    case 'transaction': {
      const { stage, isReached, report } = event
      const what = stage === 'included' ? placeOf(report) : stage
      return `transaction ${short(report.id)}  ${isReached ? what : `no longer ${stage}`}${worthOf(report)}`
    }
    case 'refused':
      return `${event.source}: refused: ${event.reason}`
    case 'dropped':
      return `${event.source}: lied (${event.reason}), is asked nothing any more`
    case 'silent':
      return `${event.source}: does not answer`
    case 'answers':
      return `${event.source}: answers again`
  }
}

/** The same for programs: bytes in hexadecimal, large numbers in decimal digits. */
export function jsonOf(event: ClientEvent): unknown {
  return JSON.parse(JSON.stringify(event, plain))
}

export function plain(_: string, value: unknown): unknown {
  if (value instanceof Uint8Array) return toHex(value)
  return typeof value === 'bigint' ? `${value}` : value
}

function placeOf({ included }: TransactionReport): string {
  if (included === null) return 'not included'
  const code =
    included.by === 'physical' && included.code !== null ? `, without effect: ${included.code}` : ''
  return `included in ${included.by} block ${included.height}${code}`
}

function worthOf({ valueAtLoss, spaceTimeCost }: TransactionReport): string {
  const loss = valueAtLoss === null ? '' : `, value at loss ${valueAtLoss}`
  const cost = spaceTimeCost === null ? '' : `, space-time cost ${spaceTimeCost} byte ms`
  return `${loss}${cost}`
}

function itemsOf(kinds: readonly string[]): string {
  const counts = new Map<string, number>()
  for (const kind of kinds) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  return [...counts].map(([kind, count]) => (count === 1 ? kind : `${count} ${kind}`)).join(', ')
}

function short(hash: Hash): string {
  return toHex(hash).slice(0, 12)
}

function plural(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}
