import { hash, toHex } from '@groundwork/primitives'
import { broadcast, outgoing, type Strategy } from './adversary.ts'

/** Claims to be a thousand views ahead, or at the very beginning: to be waited for, or to be served for ever (P7). */
export const falseStatus: Strategy = ({ random, epoch }) => {
  let said = ''
  return (event, effects) => {
    const lies = effects.map((effect) => {
      const message = outgoing(effect)
      if (message?.kind !== 'status' || effect.kind === 'persist') return effect
      const far = random.chance(1, 2)
      const view = far ? message.status.view + 1000 : 1
      const finalView = far ? message.status.finalView + 1000 : 0
      const finalHash = hash('simulator/nowhere', epoch.id)
      return {
        ...effect,
        message: { kind: 'status' as const, status: { ...message.status, view, finalView, finalHash } },
      }
    })
    if (event.kind !== 'status') return lies
    const key = toHex(event.status.finalHash)
    if (key === said) return lies
    said = key
    const status = { ...event.status, view: event.status.view + 500, finalView: event.status.finalView + 499 }
    return [...lies, broadcast({ kind: 'status', status })]
  }
}
