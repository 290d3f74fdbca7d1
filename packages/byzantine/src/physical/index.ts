export {
  type FarmerCoercion,
  type ItemBehaviour,
  isKeptBack,
  itemBehaviours,
} from './coercion.ts'
export { secondBlock } from './double-farm.ts'
export { coercibleFarmer } from './farmer.ts'
export { forkMove, hopelessBlocks, type Race } from './fork-strategy.ts'
export type { ForkingInit } from './private-fork.ts'
