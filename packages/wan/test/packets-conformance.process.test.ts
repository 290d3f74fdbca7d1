import { describe } from 'vitest'
import { wanConformance } from './conformance.ts'
import { namespaceHarness } from './namespace-harness.ts'
import { namespacesProblem } from './namespaces.ts'

// Twice this is what a round trip may be off.
describe.skipIf(namespacesProblem(['socat']) !== null)('in network namespaces', () => {
  wanConformance('packets', () => namespaceHarness('packets'), 1.5)
})
