import { expect, test } from 'vitest'
import { chooseSubnet, rangeOf } from '../../src/docker/subnets.ts'

const taken = (...cidrs: string[]) =>
  cidrs.map((cidr) => rangeOf(`the Docker network ${cidr}`, cidr) as never)

test('the first free subnet is chosen, whether what is taken is smaller or larger', () => {
  expect(chooseSubnet([])).toBe('10.77')
  expect(chooseSubnet(taken('10.77.3.0/24', '172.17.0.0/16'))).toBe('10.78')
  expect(chooseSubnet(taken('10.76.0.0/15', '10.79.0.0/16', '10.78.255.0/24'))).toBe('10.80')
  expect(chooseSubnet(taken('10.77.0.0/16'), '192.168')).toBe('192.168')
})

test('a drawn one is free too', () => {
  const last = (count: number): number => count - 1
  expect(chooseSubnet(taken('10.140.7.0/24'), undefined, last)).toBe('10.139')
})

test('one that is not free is refused with the name of what has it', () => {
  expect(() => chooseSubnet(taken('10.77.3.0/24'), '10.77')).toThrow(
    'subnet 10.77.0.0/16 is not free: the Docker network 10.77.3.0/24 has addresses in it; leave --subnet out to have a free one chosen',
  )
  expect(() => chooseSubnet(taken('10.0.0.0/8'))).toThrow(
    'no free subnet: Docker networks or routes of this machine lie in each of 10.77.0.0/16 to 10.140.0.0/16',
  )
})

test('a range holds its whole network', () => {
  expect(rangeOf('x', '10.0.1.5/24')).toEqual({ owner: 'x', first: 0x0a000100, last: 0x0a0001ff })
  expect(rangeOf('x', '0.0.0.0/0')).toMatchObject({ first: 0, last: 0xffffffff })
  expect(rangeOf('x', 'fd00::/8')).toBeNull()
})
