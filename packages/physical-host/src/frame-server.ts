import { decodePhysicalMessage, encodePhysicalMessage, type PhysicalCore } from '@groundwork/physical-core'
import { type Bytes, CodedError } from '@groundwork/primitives'
import type { PhysicalServer } from './server.ts'

export interface FrameServerInit {
  readonly core: Pick<PhysicalCore, 'tip'>
  readonly answer: PhysicalServer
}

/** For those who ask without being a peer: a request's frame gives the answer's; an empty one gives the status. Null: no request. */
export function createFrameServer({
  core,
  answer,
}: FrameServerInit): (frame: Bytes) => Promise<Bytes | null> {
  const requestIn = (frame: Bytes) => {
    try {
      return decodePhysicalMessage(frame)
    } catch (error) {
      if (error instanceof CodedError) return null
      throw error
    }
  }
  return async (frame) => {
    if (frame.length === 0) return encodePhysicalMessage({ kind: 'status', status: core.tip() })
    const request = requestIn(frame)
    switch (request?.kind) {
      case 'block-request':
      case 'range-request':
      case 'slots-request': {
        const message = await answer(request)
        return encodePhysicalMessage(message ?? { kind: 'blocks', blocks: [] })
      }
      default:
        return null
    }
  }
}
