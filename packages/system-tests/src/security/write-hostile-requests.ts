import { writeFileSync } from 'node:fs';
import { openSystem } from '../testing/system.ts';
import { attack, inShort } from './attack.ts';
import { hostileRequests } from './hostile-requests.ts';

// Makes hostile-requests.json anew: requests of seed 0, and how a gateway answers each. Look at what has changed.

const COUNT = 400;
const system = await openSystem({ consumers: 1 });
try {
  const requests = hostileRequests(0, COUNT);
  const { outcomes } = await attack(system, requests);
  const kept = requests.map((request, at) => ({ ...request, answer: inShort(outcomes[at] ?? 'closed') }));
  const text = `[\n${kept.map((one) => JSON.stringify(one)).join(',\n')}\n]\n`;
  writeFileSync(new URL('./hostile-requests.json', import.meta.url), text);
} finally {
  await system.close();
}
