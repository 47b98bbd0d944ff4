const bytesMin = 32

/** The bytes of a key that is written in hex or base64 (also the URL's kind); null when it is neither, or shorter than 32 bytes. */
export function secretKeyOf(text: string): Uint8Array | null {
  // Hex that lost a digit must not pass for base64 and so become another key.
  if (/^[0-9a-f]+$/i.test(text)) return text.length % 2 === 0 ? longEnough(Buffer.from(text, 'hex')) : null
  return /^[A-Za-z0-9+/_-]+={0,2}$/.test(text) ? longEnough(Buffer.from(text, 'base64')) : null
}

const longEnough = (key: Uint8Array): Uint8Array | null => (key.length >= bytesMin ? key : null)
