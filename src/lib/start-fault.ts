/** The server cannot start as it was set up. The message is one line for the operator: what is wrong and what to do. */
export class StartFault extends Error {
  override readonly name = 'StartFault'
}
