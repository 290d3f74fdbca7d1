import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml'
import { fail, type Path, pathText, type Source } from './problem.ts'

const CHARACTERS_MAX = 1_000_000

/** The file's value and where its parts stand. Throws SCENARIO_SYNTAX. */
export function readYaml(text: string, file: string): { readonly value: unknown; readonly source: Source } {
  const lines = new LineCounter()
  const positions: Record<string, readonly [number, number]> = {}
  const source: Source = { file, positions }
  const place = (offset: number): readonly [number, number] => {
    const { line, col } = lines.linePos(offset)
    return [line, col]
  }
  if (text.length > CHARACTERS_MAX) {
    fail('SCENARIO_SYNTAX', source, [], `${text.length} characters; a scenario has at most ${CHARACTERS_MAX}`)
  }
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const error = document.errors[0] ?? document.warnings[0]
  if (error !== undefined) {
    positions[''] = place(error.pos[0])
    fail('SCENARIO_SYNTAX', source, [], `not valid YAML: ${error.message.replaceAll(/\s+/g, ' ')}`)
  }
  const walk = (node: unknown, path: Path): void => {
    if (isMap(node)) {
      for (const { key, value } of node.items) {
        if (!isScalar(key)) continue
        note(key, [...path, String(key.value)])
        walk(value, [...path, String(key.value)])
      }
    } else if (isSeq(node)) {
      node.items.forEach((item, i) => {
        note(item as Node, [...path, i])
        walk(item, [...path, i])
      })
    }
  }
  const note = (node: Node, path: Path): void => {
    if (node.range) positions[pathText(path)] = place(node.range[0])
  }
  walk(document.contents, [])
  try {
    return { value: document.toJS({ maxAliasCount: 100 }) ?? {}, source }
  } catch (cause) {
    // Aliases that expand without end are found only here.
    return fail('SCENARIO_SYNTAX', source, [], `not valid YAML: ${(cause as Error).message.split('\n')[0]}`)
  }
}
