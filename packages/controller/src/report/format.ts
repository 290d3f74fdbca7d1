/** For people: `178 ms`, `1.24 s`, `31.2 s`, `2 min 5 s`. */
export function duration(ms: number | null): string {
  if (ms === null) return '–'
  if (Math.abs(ms) < 999.5) return `${ms < 10 && !Number.isInteger(ms) ? ms.toFixed(1) : Math.round(ms)} ms`
  if (Math.abs(ms) < 9995) return `${(ms / 1000).toFixed(2)} s`
  if (Math.abs(ms) < 119_950) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}

/** On an axis: no more digits than the value has. */
export function shortDuration(ms: number): string {
  return ms < 1000 ? `${Number(ms.toPrecision(3))} ms` : `${Number((ms / 1000).toPrecision(3))} s`
}

export function number(value: number | null, digits = 0): string {
  return value === null ? '–' : value.toLocaleString('en', { maximumFractionDigits: digits })
}

/** `1.00 times`. */
export function times(value: number | null): string {
  return value === null ? '–' : `${value.toFixed(2)} times`
}

export function percent(share: number | null, digits = 0): string {
  return share === null ? '–' : `${(100 * share).toFixed(digits)} %`
}

export function plural(count: number, noun: string): string {
  return `${number(count)} ${noun}${count === 1 ? '' : 's'}`
}

/** `a, b and c`. */
export function listed(items: readonly string[]): string {
  return items.length <= 1 ? items.join('') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`
}
