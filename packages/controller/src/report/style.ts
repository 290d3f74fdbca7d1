const light = `
  --page: #fbfaf8; --card: #ffffff; --ink: #1c1b19; --soft: #5c5a55; --line: #dedbd4; --grid: #ebe8e2;
  --pass: #17703f; --fail: #b3261e; --invalid: #8a5a00;
  --stop: rgba(190, 50, 40, 0.14); --stop-edge: #b3261e; --fault: rgba(170, 125, 30, 0.14); --fault-edge: #8a5a00; --down: rgba(80, 78, 72, 0.28);
  --r0: #2364c4; --r1: #d06a10; --r2: #14866a; --r3: #b3306f; --r4: #6f52c0; --r5: #7a7310; --r6: #0f7f95; --r7: #8a4a2f;
`

const dark = `
  --page: #171614; --card: #201f1c; --ink: #ecebe6; --soft: #a9a69d; --line: #3b3934; --grid: #2c2a27;
  --pass: #57c98a; --fail: #ff8a80; --invalid: #e5b454;
  --stop: rgba(255, 110, 95, 0.17); --stop-edge: #ff8a80; --fault: rgba(229, 180, 84, 0.14); --fault-edge: #e5b454; --down: rgba(190, 188, 180, 0.26);
  --r0: #6ea8ff; --r1: #ff9f4a; --r2: #3fc6a0; --r3: #f27fb2; --r4: #b39bff; --r5: #cdc45a; --r6: #56c5da; --r7: #d99b7c;
`

const regions = Array.from(
  { length: 8 },
  (_, i) => `.s${i} { stroke: var(--r${i}) } .f${i} { fill: var(--r${i}) } .c${i} { color: var(--r${i}) }`,
).join('\n')

/** Everything the page needs; light, dark and print. */
export const style: string = `
:root { color-scheme: light dark; ${light} }
@media (prefers-color-scheme: dark) { :root { ${dark} } }
@media print { :root { color-scheme: light; ${light} --page: #fff } }
* { box-sizing: border-box }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif; -webkit-text-size-adjust: 100% }
main { max-width: 1080px; margin: 0 auto; padding: 28px 20px 60px }
h1 { font-size: 28px; line-height: 1.2; margin: 0 }
h2 { font-size: 19px; margin: 40px 0 6px }
h3 { font-size: 15px; margin: 22px 0 4px }
p { margin: 6px 0 10px; max-width: 76ch }
a { color: inherit }
.soft, .legend, figcaption, .note { color: var(--soft) }
.head { display: flex; flex-wrap: wrap; gap: 6px 16px; align-items: baseline }
.verdict { font-weight: 700; padding: 2px 12px; border: 2px solid; border-radius: 999px; white-space: nowrap }
.pass { color: var(--pass) } .fail { color: var(--fail) } .invalid { color: var(--invalid) }
.lesson { font-size: 17px; margin: 12px 0 }
.reasons { border-left: 4px solid; padding: 4px 0 4px 14px; margin: 14px 0 }
.reasons li, .reasons p { color: var(--ink) } .reasons ul { margin: 4px 0; padding-left: 18px }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(158px, 1fr)); gap: 10px; margin: 20px 0 6px }
.tile { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 10px 12px }
.tile b { display: block; font-size: 23px; line-height: 1.25; font-variant-numeric: tabular-nums }
.tile span { display: block; font-size: 13px } .tile small { display: block; color: var(--soft); font-size: 12.5px; line-height: 1.35; margin-top: 2px }
figure { margin: 12px 0 20px; background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 14px 16px 10px }
figcaption { font-size: 13.5px; max-width: 90ch; margin-top: 4px }
figure h3 { margin-top: 0 }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 430px), 1fr)); gap: 14px } .pair figure { margin: 0 }
.wide { overflow-x: auto } .wide > svg { display: block; width: 100%; min-width: 640px; height: auto } .pair .wide > svg { min-width: 400px }
svg text { fill: var(--ink); font: 12px system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif }
svg .tick { fill: var(--soft); font-size: 11.5px; font-variant-numeric: tabular-nums }
.grid { stroke: var(--grid); stroke-width: 1 } .axis { stroke: var(--line) }
.stop { fill: var(--stop) } .fault { fill: var(--fault) } .stop-edge { stroke: var(--stop-edge) } .fault-edge { stroke: var(--fault-edge) } .down { fill: var(--down) }
.bound { stroke: var(--soft) } .bound-dot { fill: var(--soft) } .measured { stroke: var(--r0) } .all { stroke: var(--r1) } .waiting { stroke: var(--r3) }
.bar { fill: var(--r0) } .bar-soft { fill: var(--r0); fill-opacity: 0.38 } .fork { stroke: var(--fail) } text.fork { stroke: none; fill: var(--fail); font-weight: 600 }
${regions}
.legend { font-size: 13px; display: flex; flex-wrap: wrap; gap: 2px 18px; margin: 2px 0 8px; max-width: none } .legend span { white-space: nowrap } .key { width: 22px; height: 12px; margin-right: 6px; vertical-align: -1px }
table { border-collapse: collapse; width: 100%; font-size: 14px; font-variant-numeric: tabular-nums }
th { text-align: left; font-weight: 600; color: var(--soft); font-size: 12.5px; vertical-align: bottom }
th, td { padding: 5px 12px 5px 0; border-bottom: 1px solid var(--line) } td { vertical-align: top } td:first-child, td:nth-child(2) { white-space: nowrap }
.figure { text-align: right } td.figure { white-space: nowrap }
td .verdict { border-width: 1px; font-size: 12.5px; padding: 0 8px }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 3px 18px; margin: 8px 0; font-size: 14px } dt { color: var(--soft) } dd { margin: 0; overflow-wrap: anywhere }
code { font: 13px ui-monospace, 'SF Mono', Consolas, 'DejaVu Sans Mono', monospace; overflow-wrap: anywhere }
details { margin: 10px 0 } summary { cursor: pointer; color: var(--soft) }
.columns { columns: 2 340px; column-gap: 28px } .columns section { break-inside: avoid; margin-bottom: 18px } .columns h3 { margin-top: 0 }
@media print { body { font-size: 11pt } main { max-width: none; padding: 0 } figure, .tile, tr { break-inside: avoid } h2, h3 { break-after: avoid } .wide { overflow: visible } .wide > svg, .pair .wide > svg { min-width: 0 } details > *:not(summary) { display: block } }
`
