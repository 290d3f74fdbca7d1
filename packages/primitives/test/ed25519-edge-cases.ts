import { ED25519_TORSION_SUBGROUP, ed25519 } from '@noble/curves/ed25519.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { ascii, type Bytes, concat, fromHex, type Hex, hash, keyPair, toHex } from '../src/index.ts'
import { rfc8032 } from './rfc8032.ts'

/** One row of `test/vectors/ed25519-edge-cases.json`. What is true of it follows from how it was made. */
export interface EdgeCase {
  readonly name: string
  readonly publicKey: Hex
  readonly message: Hex
  readonly signature: Hex
  /** The key may be registered. */
  readonly safeKey: boolean
  /** A is canonical and not of small order; it may be of mixed order, or no point at all. */
  readonly canonicalKey: boolean
  /** S below L, R canonical and not of small order. */
  readonly canonicalSignature: boolean
  /** A and R decode strictly, and [S]B = R + [k]A holds without a cofactor. */
  readonly equation: boolean
}

type Point = typeof ed25519.Point.BASE

const { Point } = ed25519
const L = Point.Fn.ORDER
const p = 2n ** 255n - 19n

/** The eight points whose order divides 8; the first is the identity. */
const torsion: readonly Point[] = ED25519_TORSION_SUBGROUP.map((hex) => Point.fromHex(hex))
const [, , , orderEight, orderTwo] = torsion as [Point, Point, Point, Point, Point]

function scalar(label: string): bigint {
  return (integer(sha512(ascii(`groundwork/edge-case/${label}`))) % (L - 1n)) + 1n
}

function integer(bytes: Bytes): bigint {
  return BigInt(`0x${toHex(bytes.toReversed())}`)
}

function bytes32(value: bigint): Bytes {
  return fromHex(value.toString(16).padStart(64, '0')).toReversed()
}

function times(point: Point, factor: bigint): Point {
  return point.multiplyUnsafe(((factor % L) + L) % L)
}

function challenge(r: Bytes, a: Bytes, message: Bytes): bigint {
  return integer(sha512(concat(r, a, message))) % L
}

/** The first of many messages that `accept` likes. */
function grind<T>(label: string, attempt: (message: Bytes) => T | undefined): T {
  for (let i = 0; i < 10_000; i++) {
    const found = attempt(ascii(`${label} ${i}`))
    if (found !== undefined) return found
  }
  throw new Error(`nothing found for ${label}`)
}

interface Parts {
  readonly a: Bytes
  readonly r: Bytes
  readonly s: bigint
  readonly message: Bytes
}

function row(
  name: string,
  { a, r, s, message }: Parts,
  truth: Omit<EdgeCase, keyof Hexes | 'name'>,
): EdgeCase {
  const signature = toHex(concat(r, bytes32(s)))
  return { name, publicKey: toHex(a), message: toHex(message), signature, ...truth }
}

type Hexes = Pick<EdgeCase, 'publicKey' | 'message' | 'signature'>

/** A key a and a nonce r of our own choice; R and A may get torsion added before k is computed. */
function signed(message: Bytes, addToA: Point, addToR: Point, encodedR?: Bytes, nonce = scalar('r')): Parts {
  const secret = scalar('a')
  const a = times(Point.BASE, secret).add(addToA).toBytes()
  const r = encodedR ?? times(Point.BASE, nonce).add(addToR).toBytes()
  return { a, r, s: (nonce + challenge(r, a, message) * secret) % L, message }
}

const zero = Point.ZERO
const fine = { safeKey: true, canonicalKey: true, canonicalSignature: true, equation: true }

export function edgeCases(): EdgeCase[] {
  return [
    ...rfc8032.map(({ name, publicKey, message, signature }) => ({
      name,
      publicKey,
      message,
      signature,
      ...fine,
    })),
    ...ordinary(),
    ...largeS(),
    ...smallOrderR(),
    ...mixedOrderR(),
    ...unsafeKeys(),
    ...undecodable(),
  ]
}

function ordinary(): EdgeCase[] {
  const good = signed(ascii('ordinary'), zero, zero)
  const { publicKey } = keyPair(hash('groundwork/edge-case/other', ascii('key')))
  const wrong = { safeKey: true, canonicalKey: true, canonicalSignature: true, equation: false }
  const otherR = times(Point.BASE, scalar('other')).toBytes()
  return [
    row('good', good, fine),
    row('another message', { ...good, message: ascii('extraordinary') }, wrong),
    row('another signer', { ...good, a: publicKey }, wrong),
    row('another R', { ...good, r: otherR }, wrong),
    row('R with its sign flipped', { ...good, r: flipSign(good.r) }, wrong),
    row('another S', { ...good, s: (good.s + 1n) % L }, wrong),
    row('S = 0', { ...good, s: 0n }, wrong),
    row('S = L - 1', { ...good, s: L - 1n }, wrong),
  ]
}

function flipSign(encoded: Bytes): Bytes {
  return encoded.with(31, (encoded[31] as number) ^ 0x80)
}

function largeS(): EdgeCase[] {
  const good = signed(ascii('large S'), zero, zero)
  const malleable = { safeKey: true, canonicalKey: true, canonicalSignature: false, equation: true }
  const wrong = { ...malleable, equation: false }
  return [
    row('S + L', { ...good, s: good.s + L }, malleable),
    row('S + 2 L', { ...good, s: good.s + 2n * L }, malleable),
    row('S + 8 L', { ...good, s: good.s + 8n * L }, malleable),
    row('S + 15 L', { ...good, s: good.s + 15n * L }, malleable),
    row('S = L', { ...good, s: L }, wrong),
    row('S = L + 1', { ...good, s: L + 1n }, wrong),
    row('S = 2^256 - 1', { ...good, s: 2n ** 256n - 1n }, wrong),
  ]
}

/** With nonce 0, S = k a: the equation holds exactly for the identity and up to the cofactor for the other seven. */
function smallOrderR(): EdgeCase[] {
  const truth = { safeKey: true, canonicalKey: true, canonicalSignature: false }
  const message = ascii('small-order R')
  const canonical = torsion.map((point, i) =>
    row(`R of small order ${i}`, signed(message, zero, zero, point.toBytes(), 0n), {
      ...truth,
      equation: i === 0,
    }),
  )
  // Of the points whose y fits twice below 2^255, two have small order; and x = 0 leaves a sign bit unused.
  const identityAgain = bytes32(p + 1n)
  const orderFourAgain = bytes32(p)
  const encodings: [string, Bytes][] = [
    ['R identity, y + p', identityAgain],
    ['R identity, y + p, sign bit', flipSign(identityAgain)],
    ['R identity, sign bit', flipSign(bytes32(1n))],
    ['R of order two, sign bit', flipSign(bytes32(p - 1n))],
    ['R of order four, y + p', orderFourAgain],
    ['R of order four, y + p, sign bit', flipSign(orderFourAgain)],
    ['R not canonical, y = 2^255 - 1', bytes32(2n ** 255n - 1n)],
  ]
  return [
    ...canonical,
    ...encodings.map(([name, r]) =>
      row(name, signed(message, zero, zero, r, 0n), { ...truth, equation: false }),
    ),
  ]
}

/** The disagreement that matters: canonical, decodable, valid up to the cofactor only. */
function mixedOrderR(): EdgeCase[] {
  const truth = { safeKey: true, canonicalKey: true, canonicalSignature: true, equation: false }
  return torsion
    .slice(1)
    .map((point, i) => row(`R of mixed order ${i + 1}`, signed(ascii('mixed-order R'), zero, point), truth))
}

function unsafeKeys(): EdgeCase[] {
  const smallOrder = { safeKey: false, canonicalKey: false, canonicalSignature: true }
  const mixedOrder = { ...smallOrder, canonicalKey: true }
  const nonce = scalar('r')
  const r = times(Point.BASE, nonce).toBytes()
  const rows: EdgeCase[] = []
  for (const [i, point] of torsion.entries()) {
    const a = point.toBytes()
    const vanishing = grind(`small-order A ${i}`, (message) =>
      times(point, challenge(r, a, message)).is0() ? { a, r, s: nonce, message } : undefined,
    )
    rows.push(row(`A of small order ${i}, [k]A = 0`, vanishing, { ...smallOrder, equation: true }))
    if (i === 0) continue
    const left = grind(`small-order A ${i}, left over`, (message) =>
      times(point, challenge(r, a, message)).is0() ? undefined : { a, r, s: nonce, message },
    )
    rows.push(row(`A of small order ${i}, [k]A not 0`, left, { ...smallOrder, equation: false }))
  }
  const mixed = (label: string, addToR: Point, wanted: boolean): Parts =>
    grind(label, (message) => {
      const parts = signed(message, orderEight, addToR)
      const remainder = addToR.add(times(orderEight, challenge(parts.r, parts.a, message)))
      return remainder.is0() === wanted ? parts : undefined
    })
  rows.push(
    row('A of mixed order, torsion vanishes', mixed('A vanishes', zero, true), {
      ...mixedOrder,
      equation: true,
    }),
    row('A of mixed order, torsion stays', mixed('A stays', zero, false), { ...mixedOrder, equation: false }),
    row('A and R of mixed order, torsion cancels', mixed('both cancel', orderTwo, true), {
      ...mixedOrder,
      equation: true,
    }),
    row('A and R of mixed order, torsion stays', mixed('both stay', orderTwo, false), {
      ...mixedOrder,
      equation: false,
    }),
  )
  return rows
}

/** Encodings of A that name no point or name one twice, with a signature that would fit A = 0. */
function undecodable(): EdgeCase[] {
  const message = ascii('A as it should not be written')
  const nonce = scalar('r')
  const r = times(Point.BASE, nonce).toBytes()
  const bad = { safeKey: false, canonicalKey: false, canonicalSignature: true, equation: false }
  const keys: [string, Bytes][] = [
    ['A identity, sign bit', flipSign(bytes32(1n))],
    ['A of order two, sign bit', flipSign(bytes32(p - 1n))],
    ['A identity, y + p', bytes32(p + 1n)],
    ['A identity, y + p, sign bit', flipSign(bytes32(p + 1n))],
    ['A of order four, y + p', bytes32(p)],
    ['A not canonical, y = 3 + p', bytes32(p + 3n)],
    ['A not canonical, y = 2^255 - 1', bytes32(2n ** 255n - 1n)],
  ]
  const good = signed(message, zero, zero)
  return [
    ...keys.map(([name, a]) => row(name, { a, r, s: nonce, message }, bad)),
    row('A not on the curve, y = 2', { ...good, a: bytes32(2n) }, { ...bad, canonicalKey: true }),
    row('R not on the curve, y = 2', { ...good, r: bytes32(2n) }, { ...fine, equation: false }),
    ...badLengths(good),
  ]
}

function badLengths(good: Parts): EdgeCase[] {
  const whole = row('', good, fine)
  return [
    {
      ...whole,
      name: 'signature of 63 bytes',
      signature: whole.signature.slice(2),
      canonicalSignature: false,
      equation: false,
    },
    {
      ...whole,
      name: 'signature of 65 bytes',
      signature: `${whole.signature}00`,
      canonicalSignature: false,
      equation: false,
    },
    { ...whole, name: 'signature of no bytes', signature: '', canonicalSignature: false, equation: false },
    {
      ...whole,
      name: 'A of 31 bytes',
      publicKey: whole.publicKey.slice(2),
      safeKey: false,
      canonicalKey: false,
      equation: false,
    },
    {
      ...whole,
      name: 'A of 33 bytes',
      publicKey: `${whole.publicKey}00`,
      safeKey: false,
      canonicalKey: false,
      equation: false,
    },
  ]
}
