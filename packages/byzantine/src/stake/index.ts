export { type StakeBehaviour, type StakeCoercion, stakeBehaviours } from './coercion.ts'
export { coercedPort, type MessagePort } from './port.ts'
export { coercedRules } from './rules.ts'
