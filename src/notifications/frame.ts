import { escapeHtml } from './html.ts'

export const fontStyle = 'font-family:-apple-system,Segoe UI,Roboto,Helvetica,Arial,sans-serif'

export const paragraphStyle = `margin:0;font-size:16px;line-height:1.5;overflow-wrap:anywhere;${fontStyle}`

export const headingHtml = (text: string): string =>
  `<h1 style="margin:0;font-size:22px;line-height:1.3;${fontStyle}">${escapeHtml(text)}</h1>`

/** A text with its own lines. */
export const paragraphHtml = (text: string): string =>
  `<p style="${paragraphStyle}">${escapeHtml(text).replaceAll('\n', '<br>')}</p>`

/** Small, at the end. */
export const noteHtml = (text: string): string =>
  `<p style="${paragraphStyle};font-size:13px;color:#595959">${escapeHtml(text)}</p>`

/**
 * The HTML of an e-mail, row by row; empty rows are left out. Tables and inline styles only, which all mail programs understand; no images,
 * so nothing is fetched when it is read.
 */
export function framed(title: string, rows: readonly string[]): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
</head>
<body style="margin:0;padding:0">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"><tr><td align="center" style="padding:16px">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="max-width:600px">
${rows
  .filter((row) => row !== '')
  .map((row) => `<tr><td style="padding:0 0 16px 0">${row}</td></tr>`)
  .join('\n')}
</table>
</td></tr></table>
</body>
</html>
`
}
