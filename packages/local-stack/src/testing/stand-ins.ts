import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Entries } from '../stack/services.ts';

const SERVICE = `
import { createServer } from 'node:http';
process.title = 'oncelog-stand-in';
const server = createServer((_, response) => response.end(JSON.stringify({ name: process.env.CONSUMER_NAME ?? 'gateway' })));
server.listen(Number(process.env.PORT), process.env.HOST);
process.on('SIGTERM', () => server.close(() => process.exit(0)));
`;

const PUBLISHER = `
const { url, received } = { url: process.env.TARGET_URL, received: Number(process.env.TOTAL_EVENTS) };
const { status } = await fetch(url);
console.log('a line on the way');
console.log(JSON.stringify({ published: received, received, status }));
process.exitCode = received === 13 ? 1 : 0;
`;

/** Small programs in `dir` that look to the supervisor like the services. Single ones can be replaced by other source text. */
export function standIns(dir: string, sources: Partial<Record<keyof Entries, string>> = {}): Entries {
  const write = (name: string, source: string): string[] => {
    const file = join(dir, `${name}.mjs`);
    writeFileSync(file, source);
    return [file];
  };
  return {
    migrate: write('migrate', sources.migrate ?? ''),
    gateway: write('gateway', sources.gateway ?? SERVICE),
    consumer: write('consumer', sources.consumer ?? SERVICE),
    publisher: write('publisher', sources.publisher ?? PUBLISHER),
  };
}
