import { toHex } from '@groundwork/primitives'
import { expect, test } from 'vitest'
import { testNetwork } from './network.ts'

const tipsOf = (nodes: ReturnType<typeof testNetwork>['nodes']) =>
  nodes.map(({ core }) => toHex(core.confirmed(3).hash))

test('six farmers grow one chain', () => {
  const net = testNetwork({ seed: 1, plots: [2, 2, 2, 2, 2, 2] })
  net.run(200_000)
    net.nodes.map((n) => [n.core.tip().height, n.core.tip().slot, [...n.core.state.refusals]].join(' ')),
  )
  expect(new Set(tipsOf(net.nodes)).size).toBe(1)
})
