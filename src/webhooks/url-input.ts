import { type EgressPolicy, judgeUrl } from '../deliveries/egress/egress.ts'
import { type Body, fieldRefusal, list, optional, type Reader, readFields, required, type Take, text } from '../lib/fields.ts'
import { countOf } from '../lib/jinja/python-text.ts'
import { isObject } from '../lib/json.ts'
import type { Refusal } from '../lib/rejection.ts'
import { no, ok, type Result } from '../lib/result.ts'
import { isTemplate, stepsAtSave, templateFault, templateMax } from '../lib/template/template.ts'
import { changedList, isGiven, listed } from './mirror.ts'
import { anyLength } from './template-input.ts'
import { type HttpMethod, httpMethods, type Several, type WebhookUrl } from './webhook.ts'

type Reading = { readonly body: Body; readonly egress: EgressPolicy; readonly take: Take }

/** Where a new webhook sends to: a list of URLs, or one with its method; null: there is no usual one. */
export function readNewUrls({ body, egress, take }: Reading, usual: HttpMethod | null): Several<WebhookUrl> {
  if (isGiven(body, 'urls')) {
    const places = take(optional(body, 'urls', placeList(egress)), undefined)
    if (places === undefined) return [{ url: '', httpMethod: 'POST' }]
    const first = firstOf({ body, egress, take }, places[0])
    return urlsOf(take(listed({ listName: 'urls', first }, places, null), places))
  }
  const given = usual === null ? body : { http_method: usual, ...body }
  const target = take(required(body, 'url', url({ egress, among: 1 })), '')
  return [{ url: target, httpMethod: take(required(given, 'http_method', httpMethod), 'POST') }]
}

/** Where a webhook sends to after a change. A PUT with `url` or `http_method` alone leaves it no other URL. */
export function readChangedUrls(
  reading: Reading,
  { current, replaces }: { readonly current: Several<WebhookUrl>; readonly replaces: boolean },
): Several<WebhookUrl> {
  const { body, egress, take } = reading
  const before = placesOf(current)
  const places = isGiven(body, 'urls') ? take(optional(body, 'urls', placeList(egress)), undefined) : undefined
  const first = firstOf(reading, (places ?? before)[0])
  const saysFirst = Object.hasOwn(body, 'url') || Object.hasOwn(body, 'http_method')
  const changed = take(changedList({ listName: 'urls', list: places, first, current: before, saysFirst, replaces }), before)
  return urlsOf(take(fitting(changed, 'url'), before))
}

/** In the words of the API, so that a refusal names them. */
type Place = { readonly url: string; readonly http_method: HttpMethod }

const urlsOf = ([first, ...others]: Several<Place>): Several<WebhookUrl> => [urlOf(first), ...others.map(urlOf)]
const urlOf = ({ url, http_method }: Place): WebhookUrl => ({ url, httpMethod: http_method })
const placesOf = ([first, ...others]: Several<WebhookUrl>): Several<Place> => [placeOf(first), ...others.map(placeOf)]
const placeOf = ({ url, httpMethod }: WebhookUrl): Place => ({ url, http_method: httpMethod })

/** What the fields beside the list say of its first URL. */
function firstOf({ body, egress, take }: Reading, usual: Place): Place {
  return {
    url: take(optional(body, 'url', url({ egress, among: 1 })), undefined) ?? usual.url,
    http_method: take(optional(body, 'http_method', httpMethod), undefined) ?? usual.http_method,
  }
}

// Readers ----------------------------------------------------------------------------------------------------------------

/** So many URLs has a webhook at most: each costs every event a delivery. */
const urlsMax = 20

/** All URLs of a webhook together, in characters: whoever saves it waits no longer than for one template of full length. */
const urlsLengthMax = templateMax

const placeList =
  (egress: EgressPolicy): Reader<Several<Place>> =>
  (value) => {
    const read = list(value)
    if (!read.ok) return read
    if (read.value.length > urlsMax) return no(`At most ${urlsMax} URLs are allowed.`)
    if (lengthOf(read.value) > urlsLengthMax) return no(tooLong)
    const among = read.value.length
    const places = read.value.map((item) => placeIn(item, { egress, among }))
    const faults = places.flatMap((place, index) => (place.ok ? [] : [[String(index), [place.reason]] as const]))
    if (faults.length > 0) return no({ kind: 'invalid-places', field: 'urls', places: Object.fromEntries(faults) })
    const [first, ...others] = places.flatMap((place) => (place.ok ? [place.value] : []))
    return first === undefined ? no('This list may not be empty.') : fitting([first, ...others], 'urls')
  }

const tooLong = `All URLs together have ${urlsLengthMax} characters at most.`

const lengthOf = (items: readonly unknown[]): number =>
  items.reduce<number>((sum, item) => sum + (isObject(item) && typeof item['url'] === 'string' ? countOf(item['url']) : 0), 0)

/** One of the list, or all that is wrong with it. */
function placeIn(item: unknown, judging: Judging): Result<Place, string> {
  if (!isObject(item)) return no('Must be an object with url and http_method.')
  const read = readFields((take) => ({
    url: take(required(item, 'url', url(judging)), ''),
    http_method: take(optional(item, 'http_method', httpMethod), undefined) ?? 'POST',
  }))
  if (read.ok) return read
  const faults = read.reason.kind === 'invalid-fields' ? Object.entries(read.reason.fields) : []
  return no(faults.map(([name, messages]) => `${name}: ${[messages].flat().join(' ')}`).join(' '))
}

/** A delivery is for a URL, so that none may be there twice; and they are not too long together. */
function fitting(places: Several<Place>, field: string): Result<Several<Place>, Refusal> {
  const urls = places.map((place) => place.url)
  const twice = urls.find((one, index) => urls.indexOf(one) !== index)
  if (twice !== undefined) return no(fieldRefusal(field, `The URL ${twice} is there twice.`))
  return lengthOf(places) > urlsLengthMax ? no(fieldRefusal(field, tooLong)) : ok(places)
}

/** Among so many URLs: they share the steps that are taken to see whether a template works. */
type Judging = { readonly egress: EgressPolicy; readonly among: number }

/** A URL, or a template that makes one. What is no template can be judged now. */
const url =
  ({ egress, among }: Judging): Reader<string> =>
  (value) => {
    const read = text(anyLength)(value)
    if (!read.ok) return read
    const fault = templateFault(read.value, Math.ceil(stepsAtSave / among))
    if (fault !== null) return no(fault.text)
    if (isTemplate(read.value)) return read
    const judged = judgeUrl(read.value, egress)
    return judged.ok ? read : judged
  }

const httpMethod: Reader<HttpMethod> = (value) => {
  if (value === null) return no('This field may not be null.')
  const method = httpMethods.find((name) => name === value)
  return method === undefined ? no(`Must be one of ${pythonList(httpMethods)}`) : ok(method)
}

/** As Python writes a list of texts. */
const pythonList = (texts: readonly string[]): string => `[${texts.map((item) => `'${item}'`).join(', ')}]`
