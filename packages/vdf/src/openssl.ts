import { constants, createPublicKey, publicEncrypt } from 'node:crypto'
import type { Bytes } from '@groundwork/primitives'

/**
 * Powers in OpenSSL, which Node exposes only through RSA: "encrypting" without padding is one power modulo n, in
 * Montgomery form. For an odd n and an exponent from 1 to n - 1, both big-endian without leading zeros; residues are
 * below n and as long. Most exponents are no RSA key, and a version of OpenSSL may refuse them: making the power or using
 * it may throw, and nothing should be trusted that has not passed a self-test (`trust`).
 */
export function openSslPower(n: Bytes, exponent: Bytes): (residue: Bytes) => Bytes {
  const jwk = { kty: 'RSA', n: base64Url(n), e: base64Url(exponent) }
  const key = createPublicKey({ key: jwk, format: 'jwk' })
  return (residue) => publicEncrypt({ key, padding: constants.RSA_NO_PADDING }, residue)
}

function base64Url(bytes: Bytes): string {
  return Buffer.from(bytes).toString('base64url')
}
