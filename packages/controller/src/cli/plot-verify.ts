import { createReadStream } from 'node:fs'
import { resolve } from 'node:path'
import { type Bytes, fromHex, toHex } from '@groundwork/primitives'
import { verify } from '@groundwork/proof-of-space'
import { usageError } from './exit.ts'
import { workingDirectory } from './places.ts'

/** No proof is as long: what goes beyond is not kept, and the line is invalid. */
const lineMax = 65_536

/**
 * Prints for each line of a file the quality of its proof in hex, or `invalid`: also for lines that are no proof at all.
 * Throws `USAGE` if the file cannot be read.
 */
export async function verifyProofs(name: string): Promise<void> {
  let isFirst = true
  let isClosed = false
  // Whoever reads has seen enough, such as `head`.
  const close = (): void => {
    isClosed = true
  }
  process.stdout.on('error', close)
  for await (const line of linesOf(name)) {
    if (isClosed) return
    if (line.trim() === '') continue
    const columns = line.split(',', 4).map((column) => column.trim())
    const isHeading = isFirst && isHeader(columns)
    isFirst = false
    if (isHeading) continue
    if (!process.stdout.write(`${qualityOf(columns) ?? 'invalid'}\n`)) await drained()
  }
}

/** Four names, as `plot_id,k,challenge,proof`; no line with a hexadecimal id or a number for k is one. */
function isHeader(columns: readonly string[]): boolean {
  const isName = (column: string) => /^"?[a-z_][a-z0-9_ -]*"?$/i.test(column) && !/^[0-9a-f]+$/i.test(column)
  return columns.length === 4 && columns.every(isName)
}

/** Undefined for whatever is not four columns of the right kind and a proof. */
function qualityOf([plotId = '', k = '', challenge = '', proof = '']: readonly string[]): string | undefined {
  if (!/^\d{1,3}$/.test(k)) return undefined
  const [idBytes, challengeBytes, proofBytes] = [bytesOf(plotId), bytesOf(challenge), bytesOf(proof)]
  if (idBytes === null || challengeBytes === null || proofBytes === null) return undefined
  const quality = verify({
    plotId: idBytes,
    k: Number(k),
    challenge: challengeBytes,
    proof: proofBytes,
  })
  return quality === undefined ? undefined : toHex(quality)
}

function bytesOf(text: string): Bytes | null {
  return /^([0-9a-f]{2})+$/i.test(text) ? fromHex(text.toLowerCase()) : null
}

function drained(): Promise<void> {
  return new Promise((resolve) => {
    process.stdout.once('drain', resolve)
    process.stdout.once('error', resolve)
  })
}

/** UTF-8's, read as Latin-1. */
const byteOrderMark = /^\u00ef\u00bb\u00bf/

/** Lines of a file of any size in little memory. */
async function* linesOf(name: string): AsyncGenerator<string> {
  let pending = ''
  let isStart = true
  try {
    for await (const chunk of createReadStream(resolve(workingDirectory(), name), 'latin1')) {
      const text = isStart ? `${chunk}`.replace(byteOrderMark, '') : `${pending}${chunk}`
      isStart = false
      const lines = text.split('\n')
      pending = (lines.pop() as string).slice(0, lineMax)
      yield* lines
    }
  } catch (error) {
    throw usageError(`${name}: ${reasonOf(error)}`)
  }
  yield pending
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EISDIR: 'a folder, expected a file of proofs',
  EACCES: 'no permission to read it',
}

function reasonOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException
  return reasons[`${code}`] ?? `cannot be read (${code})`
}
