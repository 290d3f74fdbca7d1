import { CodedError } from '@groundwork/primitives'

/** What a node wrote down may be anything: null for what does not decode. */
export function decodedOrNull<T>(decode: () => T): T | null {
  try {
    return decode()
  } catch (error) {
    if (!(error instanceof CodedError)) throw error
    return null
  }
}
