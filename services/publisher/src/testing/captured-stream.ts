import { Writable } from 'node:stream';

/** A stream that keeps what is written to it; says of itself that it is a terminal where asked to. */
export function capturedStream({ isTTY = false } = {}): NodeJS.WriteStream & { text(): string } {
  let text = '';
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  const columns = 200;
  return Object.assign(stream, { isTTY, columns, text: () => text }) as NodeJS.WriteStream & {
    text(): string;
  };
}
