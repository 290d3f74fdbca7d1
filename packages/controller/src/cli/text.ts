/** `12.3 s`, for a reader. */
export function seconds(ms: number): string {
  return `${(Math.max(ms, 0) / 1000).toFixed(1)} s`
}

const widest = 100

/** Breaks a text between words; what follows the first line is indented. Columns undefined (no terminal): one line. */
export function wrap(text: string, columns: number | undefined, indent = ''): string {
  if (columns === undefined) return text
  const width = Math.min(columns - 1, widest)
  const lines: string[] = []
  let line = ''
  // Each piece is a word with the spaces before it: alignment within a line stays.
  for (const piece of text.match(/ *[^ ]+/g) ?? []) {
    if (line.trim() !== '' && line.length + piece.length > width) {
      lines.push(line)
      line = indent + piece.trimStart()
    } else line += piece
  }
  return [...lines, line].join('\n')
}

/** `about 5 min`, for whoever thinks of waiting. */
export function minutes(ms: number): string {
  const whole = Math.round(ms / 60_000)
  if (whole < 2) return `${Math.ceil(ms / 1000)} s`
  return whole < 120 ? `${whole} min` : `${(whole / 60).toFixed(1)} h`
}
