import type { PhysicalTopic } from '@groundwork/host/pure'
import { decodePhysicalMessage, type PhysicalMessage } from '@groundwork/physical-core'
import { type Bytes, CodedError } from '@groundwork/primitives'

/** What is published; everything else is sent to one peer, or broadcast. */
export const topicOf: Readonly<Record<PhysicalMessage['kind'], PhysicalTopic | null>> = {
  'slot-proof': 'slots',
  block: 'blocks',
  items: 'items',
  status: null,
  'block-request': null,
  'range-request': null,
  'slots-request': null,
  blocks: null,
  slots: null,
}

/** The message in a frame, or why there is none. */
export function messageIn(frame: Bytes): PhysicalMessage | string {
  try {
    return decodePhysicalMessage(frame)
  } catch (error) {
    if (error instanceof CodedError) return error.code.toLowerCase().replaceAll('_', '-')
    throw error
  }
}
