import { decodePhysicalMessage, encodePhysicalMessage, type PhysicalMessage } from '@groundwork/physical-core'
import { zeroHash } from '@groundwork/primitives'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createFrameServer, type PhysicalRequest } from '../src/index.ts'

describe('requests from outside', () => {
  const tip = { height: 3, hash: zeroHash, slot: 9, weight: 1n << 70n }
  const asked: PhysicalRequest[] = []
  const serve = createFrameServer({
    core: { tip: () => tip },
    answer: async (request) => {
      asked.push(request)
      return request.kind === 'slots-request' ? { kind: 'slots', proofs: [] } : null
    },
  })
  const ask = async (message: PhysicalMessage) => {
    const answer = await serve(encodePhysicalMessage(message))
    return answer === null ? null : decodePhysicalMessage(answer)
  }

  it('are answered with the frames that peers are answered with', async () => {
    const slots: PhysicalMessage = { kind: 'slots-request', seed: zeroHash, from: 1, to: 2 }
    expect(await ask(slots)).toEqual({ kind: 'slots', proofs: [] })
    expect(await ask({ kind: 'block-request', hash: zeroHash, ancestors: 3 })).toEqual({
      kind: 'blocks',
      blocks: [],
    })
    expect(asked).toHaveLength(2)
    expect(decodePhysicalMessage((await serve(new Uint8Array(0)))!)).toEqual({ kind: 'status', status: tip })
  })

  it('are refused if they are anything else', async () => {
    expect(await ask({ kind: 'status', status: tip })).toBeNull()
    expect(await ask({ kind: 'items', items: [] })).toBeNull()
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 4 }), async (bytes) => {
        expect(await serve(bytes)).toBeNull()
      }),
    )
  })
})
