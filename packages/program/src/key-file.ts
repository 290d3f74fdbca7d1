import { type Bytes, CodedError, fromHex, type KeyPair, keyPair, toHex } from '@groundwork/primitives'
import * as z from 'zod'
import { readJson } from './input-files.ts'
import { describe } from './settings.ts'

export type KeyPurpose = 'validator' | 'farmer' | 'landmark' | 'network'

export interface KeyFile {
  readonly version: 1
  readonly purpose: KeyPurpose
  /** Why the key is no secret, if it is none. */
  readonly note?: string | undefined
  /** 32 bytes, hexadecimal. */
  readonly publicKey: string
  /** 32 bytes, hexadecimal: the RFC 8032 seed. */
  readonly secretKey: string
}

const keyFileSchema: z.ZodType<KeyFile> = z.strictObject({
  version: z.literal(1),
  purpose: z.enum(['validator', 'farmer', 'landmark', 'network']),
  note: z.string().optional(),
  publicKey: z.string().regex(/^[0-9a-f]{64}$/, 'expected 32 bytes in lower-case hexadecimal'),
  secretKey: z.string().regex(/^[0-9a-f]{64}$/, 'expected 32 bytes in lower-case hexadecimal'),
})

export function keyFile(purpose: KeyPurpose, secretKey: Bytes, note?: string): KeyFile {
  const { publicKey } = keyPair(secretKey)
  return {
    version: 1,
    purpose,
    ...(note === undefined ? {} : { note }),
    publicKey: toHex(publicKey),
    secretKey: toHex(secretKey),
  }
}

/** Throws `KEY_*`; the secret is in no message. */
export function readKeyFile(file: string, purpose: KeyPurpose): KeyPair {
  const parsed = keyFileSchema.safeParse(readJson(file, 'KEY'))
  if (!parsed.success) throw new CodedError('KEY_INVALID', `${file}: ${describe(parsed.error)}`)
  const { data } = parsed
  if (data.purpose !== purpose) {
    throw new CodedError('KEY_PURPOSE', `${file}: a ${data.purpose} key where a ${purpose} key is needed`)
  }
  const pair = keyPair(fromHex(data.secretKey, 32))
  if (toHex(pair.publicKey) !== data.publicKey) {
    throw new CodedError('KEY_MISMATCH', `${file}: publicKey does not belong to secretKey`)
  }
  return pair
}
