/** Markup that is safe to embed. Text becomes markup only through `html` or `text`. */
export interface Markup {
  readonly markup: string
}

type Part = Markup | string | number | null | readonly Part[]

/** A template in which every value is escaped, unless it is markup already; null is nothing, lists are joined. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return { markup: strings.reduce((done, string, i) => done + render(parts[i - 1] ?? null) + string) }
}

export function raw(markup: string): Markup {
  return { markup }
}

function render(part: Part): string {
  if (part === null) return ''
  if (typeof part === 'string' || typeof part === 'number') return escapeText(`${part}`)
  if ('markup' in part) return part.markup
  return part.map(render).join('')
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] as string)
}

export interface Column<Row> {
  readonly head: string
  readonly cell: (row: Row) => Markup | string | number | null
  /** Right-aligned figures. */
  readonly figure?: boolean
}

export function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): Markup {
  const attribute = (column: Column<Row>) => raw(column.figure === true ? ' class="figure"' : '')
  const head = columns.map((column) => html`<th scope="col"${attribute(column)}>${column.head}</th>`)
  const body = rows.map((row) => {
    const cells = columns.map((column) => html`<td${attribute(column)}>${column.cell(row) ?? '–'}</td>`)
    return html`<tr>${cells}</tr>`
  })
  return html`<div class="wide"><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`
}
