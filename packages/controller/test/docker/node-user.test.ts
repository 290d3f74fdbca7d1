import { expect, test } from 'vitest'
import { nodeUser } from '../../src/docker/node-user.ts'

test.each([
  ['root', { uid: 0, gid: 0, rootless: false }, { user: null, owner: 1000 }],
  ['somebody', { uid: 1234, gid: 99, rootless: false }, { user: '1234:99', owner: null }],
  // Their user id is another one inside; root's is theirs.
  ['somebody with a rootless engine', { uid: 1234, gid: 99, rootless: true }, { user: '0:0', owner: null }],
  ['a system without user ids', { uid: null, gid: null, rootless: false }, { user: null, owner: null }],
])('nodes of %s write files that are theirs', (_, machine, expected) => {
  expect(nodeUser(machine)).toEqual(expected)
})
