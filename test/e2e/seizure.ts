/**
 * Both chains. Half of the stake is seized and signs for a second history, which v2, cut off, finalizes with the copies:
 * whose keys they are is accused and slashed, v2 takes back what it told, and everybody goes on together.
 */
export const seizure = `name: seizure
ledger: hybrid
network:
  regions: { Ireland: 2, Frankfurt: 2 }
  physical: { farmers: { Ireland: 2, Frankfurt: 1 }, plots: 2, parameters: { cap: 100%, slot: 300ms } }
  # Who hears of no block signs for another 14 s: copies take a while to start where others want the cores too.
  hybrid: { parameters: { staleSlots: 48 } }
workload: { rate: 5/s, accounts: 4 }
timeline:
  - { at: 4s, fault: partition, groups: [[v2], [rest]], for: 8s }
  - { at: 4s, fault: seize-keys, target: [v3, v4], reach: v2, for: 8s }
checks:
  - accountability: { expect: conflict }
  - no-false-blame
  - metric: { name: accusedWeight, min: 2, max: 2 }
  - metric: { name: slashedStake, min: 2, max: 2 }
  - metric: { name: revertedFastBlocks, min: 1 }
  - metric: { name: hazards, min: 1 }
duration: 26s
`
