import { coercedPort, coercedRules, type StakeCoercion, stakeBehaviours } from '@groundwork/byzantine'
import { fromHex } from '@groundwork/primitives'
import { openOrders } from '@groundwork/program'
import type { Config } from './config.ts'
import type { ValidatorSeams } from './seams.ts'

/** A validator that does what it is told. `kappa`: of the physical chain; 0 without one. */
export function coercibleSeams({ dataDir, peers }: Config, kappa: number): ValidatorSeams {
  const orders = openOrders({ dataDir, behaviours: stakeBehaviours })
  const coercion: StakeCoercion = {
    does: (behaviour) => orders.current.behaviours.includes(behaviour),
    get target() {
      const { target } = orders.current
      return target === null ? null : fromHex(target, 32)
    },
    isAccomplice: (peer) => orders.current.accomplices.some(({ name }) => name === peer),
  }
  const names = peers.map(({ name }) => name)
  return {
    rules: (honest) => coercedRules(honest, coercion, kappa),
    port: (honest) => coercedPort(honest, names, coercion),
    serve: orders.serve,
  }
}
