import { html, type Markup, raw } from './markup.ts'
import { style } from './style.ts'

/** One HTML file that needs nothing else, neither network nor script. */
export function htmlPage(title: string, body: Markup): string {
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"/>
<title>${title}</title>
<style>${raw(style)}</style>
</head>
<body><main>
${body}
</main></body>
</html>
`
  return page.markup
}
