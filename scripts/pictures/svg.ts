/** A piece of an SVG document. */
export type Svg = string

type Attributes = Readonly<Record<string, string | number>>

/** An element with what is in it; coordinates are written with at most one digit after the point. */
function element(name: string, attributes: Attributes, children: readonly Svg[] = []): Svg {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${attribute(value)}"`)
  const head = `<${name}${written.join('')}`
  return children.length === 0 ? `${head}/>` : `${head}>${children.join('')}</${name}>`
}

type Point = { readonly x: number; readonly y: number }
type Box = Point & { readonly width: number; readonly height: number }

/** A line of text whose baseline begins at a point; the class says how it looks and which side of it the point is. */
export const text = ({ x, y }: Point, look: string, words: string): Svg =>
  element('text', { x, y, class: look }, [escaped(words)])

export const rectangle = (box: Box, look: string): Svg => element('rect', { ...box, class: look })

/** A rectangle with round corners. */
const bar = (box: Box, look: string): Svg => element('rect', { ...box, rx: 4, class: look })

/** A bar with the first of some words that fit in it, or without any. */
export function labelled(box: Box, look: string, words: readonly string[]): readonly Svg[] {
  const found = words.find((one) => fits(one, box.width))
  const middle = { x: box.x + box.width / 2, y: box.y + box.height / 2 + 4 }
  return found === undefined ? [bar(box, look)] : [bar(box, look), text(middle, 'strong middle', found)]
}

/** A line straight down. */
export const upright = ({ x, y }: Point, height: number, look: string): Svg =>
  element('line', { x1: x, y1: y, x2: x, y2: y + height, class: look })

/** Whether words of 12 px surely fit; the widest of the usual fonts counts. */
const fits = (words: string, width: number): boolean => words.length * 7.2 + 8 <= width

type Picture = { readonly title: string; readonly description: string; readonly width: number; readonly height: number }

/** A whole document, one element per line. It paints its own ground, since nobody knows the colour of the page that it stands on. */
export function document({ title, description, width, height }: Picture, children: readonly Svg[]): string {
  const ground = element('rect', { x: 0.5, y: 0.5, width: width - 1, height: height - 1, rx: 8, class: 'ground' })
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title description">`,
    element('title', { id: 'title' }, [escaped(title)]),
    element('desc', { id: 'description' }, [escaped(description)]),
    `<style>\n${style}\n</style>`,
    hatching,
    ground,
    ...children,
    '</svg>',
  ]
  return `${lines.join('\n')}\n`
}

const attribute = (value: string | number): string =>
  typeof value === 'number' ? String(Math.round(value * 10) / 10) : escaped(value).replaceAll('"', '&quot;')

const escaped = (words: string): string => words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** Two looks of each colour, with at least 4.5 to 1 between words and what they stand on. */
const style = `text { font: 12px system-ui, -apple-system, "Segoe UI", "Helvetica Neue", Arial, sans-serif; fill: #1f2328 }
.heading { font-size: 16px; font-weight: 600 }
.strong { font-weight: 600 }
.soft { fill: #59636e }
.hot { fill: #a40e26; font-weight: 600 }
.note { paint-order: stroke; stroke: #ffffff; stroke-width: 5px }
.middle { text-anchor: middle }
.end { text-anchor: end }
.ground { fill: #ffffff; stroke: #d1d9e0 }
.band { fill: #f2f4f7 }
.rule { fill: #59636e }
.line { stroke: #d1d9e0 }
.change { stroke: #cf222e; stroke-width: 1.5; stroke-dasharray: 4 3 }
.again { fill: #cf222e; fill-opacity: 0.09 }
.nobody { fill: url(#hatching); stroke: #cf222e }
.hatch { stroke: #cf222e; stroke-width: 2.5 }
.p0 { fill: #cfe3ff; stroke: #1f6feb }
.p1 { fill: #ffe1c4; stroke: #bc4c00 }
.p2 { fill: #c8eed2; stroke: #1a7f37 }
.p3 { fill: #e7dcfd; stroke: #8250df }
.p4 { fill: #fbdcec; stroke: #bf3989 }
.beaten { fill-opacity: 0.35; stroke-opacity: 0.5; stroke-dasharray: 3 3 }
@media (prefers-color-scheme: dark) {
text { fill: #f0f6fc }
.soft { fill: #9ea7b3 }
.note { stroke: #151b23 }
.hot { fill: #ff9a94 }
.ground { fill: #151b23; stroke: #3d444d }
.band { fill: #212830 }
.rule { fill: #9ea7b3 }
.line { stroke: #3d444d }
.change { stroke: #f85149 }
.again { fill: #f85149; fill-opacity: 0.16 }
.nobody { stroke: #f85149 }
.hatch { stroke: #f85149 }
.p0 { fill: #10396e; stroke: #4493f8 }
.p1 { fill: #5c2d0b; stroke: #db6d28 }
.p2 { fill: #0f4422; stroke: #3fb950 }
.p3 { fill: #40286b; stroke: #ab7df8 }
.p4 { fill: #5e1f45; stroke: #db61a2 }
}`

const hatching = element('defs', {}, [
  element('pattern', { id: 'hatching', width: 7, height: 7, patternUnits: 'userSpaceOnUse', patternTransform: 'rotate(45)' }, [
    element('line', { x1: 0, y1: 0, x2: 0, y2: 7, class: 'hatch' }),
  ]),
])
