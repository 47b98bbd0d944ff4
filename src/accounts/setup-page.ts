import { createHash } from 'node:crypto'
import type { FieldErrors } from '../lib/rejection.ts'
import { type NewOrganization, organizationNameMax } from './organization.ts'

/** A page without scripts, and what a browser may do with it. */
export type Page = { readonly html: string; readonly contentSecurityPolicy: string }

/** The form of the first start; after bad input with what was entered and a message at the field. */
export function setupForm(entered: NewOrganization, errors: FieldErrors): Page {
  return page(
    'Set up Watchbell',
    `<h1>Welcome aboard</h1>
<p>This server is new. Name your organization and say who you are: you become its first admin and get an API token.</p>
<form method="post">
${field({ name: 'name', label: 'Organization', type: 'text', value: entered.name, autocomplete: 'organization', errors })}
${field({ name: 'email', label: 'Your e-mail address', type: 'email', value: entered.email, autocomplete: 'email', errors })}
<button>Create organization</button>
</form>
<h2>What happens next</h2>
<ol>
<li>The organization and your account are created.</li>
<li>You see your API token, this once. Keep it like a password.</li>
<li>This link ends. More people are added through the API.</li>
</ol>`,
  )
}

/** Shows the new admin's token, with a first request that works. */
export function setupDone({ token, baseUrl }: { readonly token: string; readonly baseUrl: string }): Page {
  const request = `curl -H 'Authorization: ${token}' ${baseUrl}/api/v1/users/current/`
  return page(
    'Watchbell is set up',
    `<h1>You are the first admin</h1>
<p>This is your API token. <strong>It is shown only now</strong>: put it into your password manager.</p>
<pre>${escaped(token)}</pre>
<h2>Try it</h2>
<p>Paste this into a terminal; it answers with your account:</p>
<pre>${escaped(request)}</pre>
<h2>What you can do with it</h2>
<p>The API is that of Grafana OnCall, so its Terraform provider and clients work with this address and token.
What there is: <a href="${escaped(`${baseUrl}/api/v1/openapi.json`)}">OpenAPI description</a>.</p>
<p>Lost it? On the server, <code>watchbell token create --name NAME --user EMAIL</code> makes a new one.</p>`,
  )
}

/** For a link that is unknown, too old or used. */
export function setupGone(): Page {
  return page(
    'This link has ended',
    `<h1>This set-up link has ended</h1>
<p>A set-up link works once, and a new start of the server replaces it.</p>
<ul>
<li>Nobody has set the server up yet? Restart it: it prints a new link.</li>
<li>It is set up, and you need a token? On the server, run <code>watchbell token create --name NAME --user EMAIL</code>,
or ask an admin for one.</li>
</ul>`,
  )
}

type Field = {
  readonly name: keyof NewOrganization
  readonly label: string
  readonly type: string
  readonly value: string
  readonly autocomplete: string
  readonly errors: FieldErrors
}

function field({ name, label, type, value, autocomplete, errors }: Field): string {
  const messages = [errors[name] ?? []].flat()
  const described = messages.length === 0 ? '' : ` aria-invalid="true" aria-describedby="${name}-fault"`
  const fault = messages.length === 0 ? '' : `<p class="fault" id="${name}-fault">${escaped(messages.join(' '))}</p>`
  const limit = name === 'name' ? organizationNameMax : 254
  return `<label for="${name}">${label}</label>
<input id="${name}" name="${name}" type="${type}" value="${escaped(value)}" autocomplete="${autocomplete}" maxlength="${limit}" required${described}>
${fault}`
}

const style = `
:root { color-scheme: light dark; font: 100%/1.5 system-ui, sans-serif }
body { margin: 0 auto; padding: 2rem 1.25rem; max-width: 34rem }
h1 { font-size: 1.6rem; line-height: 1.2 }
h2 { font-size: 1.1rem; margin-top: 2rem }
label { display: block; margin-top: 1rem; font-weight: 600 }
input, button { font: inherit; box-sizing: border-box; width: 100%; padding: .6rem .7rem; border: 1px solid #767676; border-radius: .4rem }
button { margin-top: 1.5rem; background: #14508c; border-color: #14508c; color: #fff; font-weight: 600 }
pre { padding: .8rem; border: 1px solid #767676; border-radius: .4rem; white-space: pre-wrap; overflow-wrap: anywhere; user-select: all }
.fault { margin: .3rem 0 0; color: light-dark(#a30000, #ff9a9a) }
a { color: light-dark(#14508c, #8fc1f5) }
`

function page(title: string, body: string): Page {
  return {
    html: `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${style}</style>
<main>
${body}
</main>
</html>
`,
    contentSecurityPolicy: `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
  }
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const escaped = (text: string): string => text.replace(/[&<>"']/g, (letter) => entities[letter] ?? letter)
