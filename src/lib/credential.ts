/** What is shown in place of a secret, and what a client sends back to keep it (contract grafana-oncall 2.3). */
export const secretMask = '****************'

/** Whether what stands under this name opens something, as far as names tell. */
export const isCredential = (name: string): boolean =>
  /(^|[-_.])auth(oriz|entic|[-_.]|$)|cookie|token|secret|passw|credential|signature|key$/i.test(name)
