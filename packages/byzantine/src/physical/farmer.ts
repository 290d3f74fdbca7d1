import type { PhysicalCore } from '@groundwork/physical-core'
import { coercedFarmer } from './items.ts'
import { orphaningFarmer } from './orphan.ts'
import { type ForkingInit, forkingFarmer } from './private-fork.ts'

/** A farmer's core that can be made to do everything that concerns what it farms; honest while it is told nothing. */
export function coercibleFarmer(honest: PhysicalCore, init: ForkingInit): PhysicalCore {
  const { coercion, resume } = init
  return forkingFarmer(orphaningFarmer(coercedFarmer(honest, coercion), coercion), {
    ...init,
    resume: (stored) => coercedFarmer(resume(stored), coercion),
  })
}
