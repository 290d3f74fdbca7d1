/** The network of the conformance suite: three nodes, each in a region of its own. */
export const conformanceRegions = {
  north: { north: 0, south: 30, west: 20 },
  south: { north: 50, south: 0, west: 20 },
  west: { north: 20, south: 20, west: 0 },
}

export const conformanceNodes = [
  { name: 'a', region: 'north' },
  { name: 'b', region: 'south' },
  { name: 'c', region: 'west' },
]
