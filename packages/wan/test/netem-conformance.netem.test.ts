import { afterAll, expect, test } from 'vitest'
import { wanConformance } from './conformance.ts'
import { sharedNamespaces } from './namespace-harness.ts'
import { namespacesProblem } from './namespaces.ts'

// Nothing is skipped here: whoever runs this project wants to know about netem.
test('there are network namespaces to test in', () => {
  expect(namespacesProblem()).toBe(null)
})

const network = sharedNamespaces('netem')
afterAll(network.end)

// Under user-mode Linux a system call costs ten times as much as elsewhere, and all processes share one core: their
// time stamps are up to 2 ms late. netem-kernel.netem.test.ts measures what the kernels do, without processes.
const toleranceMs = 3

wanConformance('netem', network.use, toleranceMs)
