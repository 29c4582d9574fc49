/** A failure that the person at the terminal can mend: the message is one line and says what to do. */
export class StackError extends Error {
  override readonly name = 'StackError';
}
