import {
  coercedFarmer,
  type FarmerCoercion,
  isKeptBack,
  itemBehaviours,
  orphaningFarmer,
  secondBlock,
} from '@groundwork/byzantine'
import { nodeSignatures } from '@groundwork/host'
import {
  blockHashOf,
  type ChainRules,
  decodePhysicalMessage,
  encodePhysicalMessage,
  type Item,
  type PhysicalBlock,
  type PhysicalMessage,
} from '@groundwork/physical-core'
import { type Bytes, CodedError, type KeyPair, toHex } from '@groundwork/primitives'
import { openOrders } from '@groundwork/program'
import type { FarmerConfig } from './config.ts'
import type { FarmerSeams } from './seams.ts'

export interface CoercibleInit {
  readonly config: Pick<FarmerConfig, 'dataDir'>
  readonly rules: ChainRules
  /** Null: it has nothing to farm with. */
  readonly farmer: KeyPair | null
}

const behaviours = [...itemBehaviours, 'orphan-items', 'double-farm'] as const

/** A farmer that does what it is told. */
export function coercibleSeams({ config, rules, farmer }: CoercibleInit): FarmerSeams {
  const orders = openOrders({ dataDir: config.dataDir, behaviours })
  const coercion: FarmerCoercion = {
    does: (behaviour) => orders.current.behaviours.includes(behaviour),
    isAccomplice: (publicKey) => {
      const { accomplices } = orders.current
      return accomplices.length > 0 && accomplices.some(({ key }) => key === toHex(publicKey))
    },
  }
  const own = new WeakSet<Item>()
  const isKept = (item: Item): boolean => isKeptBack(coercion, item) && !own.has(item)
  /** Hashes of second blocks that were published. */
  const seconds = new Set<string>()

  const secondOf = (block: PhysicalBlock): Bytes | null => {
    if (farmer === null || !coercion.does('double-farm')) return null
    const second = secondBlock(rules, block, (said) => nodeSignatures.sign(farmer.secretKey, said))
    seconds.add(toHex(blockHashOf(second.foliage)))
    return encodePhysicalMessage({ kind: 'block', block: second })
  }

  return {
    core: (honest) => orphaningFarmer(coercedFarmer(honest, coercion), coercion),
    transport: (honest) => ({
      ...honest,
      /** Whatever is published reaches everybody: so does the second block. */
      publish(topic, frame) {
        honest.publish(topic, frame)
        const said = topic === 'blocks' ? messageIn(frame) : null
        const second = said?.kind === 'block' ? secondOf(said.block) : null
        if (second !== null) honest.publish(topic, second)
      },
    }),
    accept: (honest) => (topic, frame) => {
      const heard = topic === 'items' ? messageIn(frame) : null
      return heard?.kind === 'items' && heard.items.length > 0 && heard.items.every(isKept)
        ? 'ignore'
        : honest(topic, frame)
    },
    judge: (honest) => (items) => honest(items.filter(({ item }) => !isKept(item))),
    offer: (honest) => (items) => {
      for (const item of items) own.add(item)
      honest(items)
    },
    // A block of its key that it did not journal would show it another process with the key.
    observed: (honest) => (observation) => {
      if (observation.kind !== 'block-accepted' || !seconds.has(toHex(observation.hash))) honest(observation)
    },
    serve: orders.serve,
  }
}

function messageIn(frame: Bytes): PhysicalMessage | null {
  try {
    return decodePhysicalMessage(frame)
  } catch (error) {
    if (error instanceof CodedError) return null
    throw error
  }
}
