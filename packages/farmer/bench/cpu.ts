// node packages/farmer/bench/cpu.ts ci|demo [SECONDS]: CPU and memory of a timelord without plots, of a farmer with two
// plots of k = 16, and of one that is both, together on one machine. Prints one line of JSON for each.
import { physicalProfiles } from '@groundwork/physical-core'
import { createCluster, node, recordsOf, until } from '../test/cluster.ts'

const profile = process.argv[2] === 'demo' ? 'demo' : 'ci'
const seconds = Number(process.argv[3] ?? 15)
const roles = [
  node('timelord', { timelord: true, plots: 0 }),
  node('farmer', {}),
  node('both', { timelord: true }),
]
const cluster = await createCluster({
  seed: 6,
  nodes: roles,
  parameters: { ...physicalProfiles[profile], regionCapMilli: 1000 },
})
const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length
try {
  await cluster.startAll()
  await until('all follow', async () => (await cluster.status('farmer')).confirmed.height > 0)
  const before = new Map(roles.map(({ name }) => [name, cluster.trace(name).length]))
  const endMs = performance.now() + 1000 * seconds
  await until('measured', () => performance.now() > endMs, 2000 * seconds)
  for (const { name } of roles) {
    const records = cluster.trace(name).slice(before.get(name))
    const resources = recordsOf(records, 'resources')
    const vdf = recordsOf(records, 'vdf').map(({ evaluateMs }) => evaluateMs)
    const late = recordsOf(records, 'slot-proof').map(({ lateMs }) => lateMs)
    const result = {
      profile,
      role: name,
      cpuPercent: Math.round(1000 * mean(resources.map(({ cpuShare }) => cpuShare))) / 10,
      rssMiB: Math.max(...resources.map(({ rssMiB }) => rssMiB)),
      pssMiB: resources.at(-1)?.pssMiB,
      slotProofLateMs: Math.round(mean(late)),
      evaluateMs: vdf.length === 0 ? null : Math.round(mean(vdf)),
    }
    process.stdout.write(`${JSON.stringify(result)}\n`)
  }
} finally {
  await cluster.end()
}
