import {
  coercibleFarmer,
  type FarmerCoercion,
  isKeptBack,
  itemBehaviours,
  secondBlock,
} from '@groundwork/byzantine'
import { nodeSignatures } from '@groundwork/host'
import {
  blockHashOf,
  type ChainRules,
  createPhysicalCore,
  decodePhysicalMessage,
  encodePhysicalMessage,
  type Item,
  type PhysicalBlock,
  type PhysicalMessage,
} from '@groundwork/physical-core'
import {
  type Bytes,
  CodedError,
  forgetOldest,
  type Hash,
  type Hex,
  type KeyPair,
  toHex,
} from '@groundwork/primitives'
import { openOrders } from '@groundwork/program'
import type { FarmerConfig } from './config.ts'
import type { FarmerSeams } from './seams.ts'

export interface CoercibleInit {
  readonly config: Pick<FarmerConfig, 'dataDir' | 'timelord'>
  readonly rules: ChainRules
  /** Null: it has nothing to farm with. */
  readonly farmer: KeyPair | null
}

const behaviours = [...itemBehaviours, 'orphan-items', 'double-farm', 'private-fork'] as const
/** Hashes of own blocks that the honest core did not make; the oldest are forgotten first. */
const maxMade = 4096

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
  /** Second blocks that were published, and blocks of secret chains. */
  const made = new Set<Hex>()
  const note = (hash: Hash): void => {
    made.add(toHex(hash))
    forgetOldest(made, maxMade)
  }
  const signer =
    farmer === null
      ? null
      : {
          publicKey: farmer.publicKey,
          sign: (said: Bytes) => nodeSignatures.sign(farmer.secretKey, said),
        }

  const secondOf = (block: PhysicalBlock): Bytes | null => {
    if (signer === null || !coercion.does('double-farm')) return null
    const second = secondBlock(rules, block, signer.sign)
    note(blockHashOf(second.foliage))
    return encodePhysicalMessage({ kind: 'block', block: second })
  }

  return {
    core: (honest) =>
      coercibleFarmer(honest, {
        rules,
        coercion,
        resume: (stored) => createPhysicalCore({ rules, farmer: signer, timelord: config.timelord, stored }),
      }),
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
    // A block of its key that the core did not sign would show it another process with the key.
    observed: (honest) => (observation) => {
      if (observation.kind === 'block-made') note(observation.hash)
      if (observation.kind !== 'block-accepted' || !made.has(toHex(observation.hash))) honest(observation)
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
