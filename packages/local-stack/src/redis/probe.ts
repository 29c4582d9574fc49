import { connect } from 'node:net';

export type RedisAnswer =
  | { readonly outcome: 'ready' }
  | { readonly outcome: 'refused'; readonly detail: string }
  | { readonly outcome: 'unreachable'; readonly detail: string };

/** One PING, after an AUTH where the URL carries a password. A `rediss:` address is only connected to, not spoken to. */
export function probeRedis(url: string, timeoutMs = 2_000): Promise<RedisAnswer> {
  const { protocol, hostname, port, username, password } = new URL(url);
  const commands: string[][] = [['PING']];
  if (password !== '') {
    const user = username === '' ? 'default' : decodeURIComponent(username);
    commands.unshift(['AUTH', user, decodeURIComponent(password)]);
  }
  return new Promise((resolve) => {
    const socket = connect({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 6379) });
    const finish = (answer: RedisAnswer): void => {
      socket.destroy();
      resolve(answer);
    };
    let received = '';
    socket.setEncoding('utf8');
    socket.setTimeout(timeoutMs, () => finish({ outcome: 'unreachable', detail: 'no answer' }));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      finish({ outcome: 'unreachable', detail: error.code ?? error.message });
    });
    socket.on('close', () => finish({ outcome: 'unreachable', detail: 'connection closed' }));
    socket.on('connect', () => {
      if (protocol === 'rediss:') finish({ outcome: 'ready' });
      else socket.write(commands.map(encodeCommand).join(''));
    });
    socket.on('data', (chunk: string) => {
      received += chunk;
      const error = /^-(.*)\r\n/m.exec(received);
      if (error) finish({ outcome: 'refused', detail: error[1] ?? '' });
      else if (received.includes('+PONG\r\n')) finish({ outcome: 'ready' });
    });
  });
}

function encodeCommand(words: readonly string[]): string {
  const bulk = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
  return `*${words.length}\r\n${bulk.join('')}`;
}
