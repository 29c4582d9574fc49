import { fileURLToPath } from 'node:url';
import type { Entries } from '@oncelog/local-stack';

type Services = Pick<Entries, 'gateway' | 'consumer'>;

/** The compiled services with a module of ours loaded first. */
export function withPreload(preload: URL): Services {
  const entry = (service: string) => [
    `--import=${preload.href}`,
    fileURLToPath(new URL(`../../../../../services/${service}/dist/main.js`, import.meta.url)),
  ];
  return { gateway: entry('gateway'), consumer: entry('consumer') };
}
