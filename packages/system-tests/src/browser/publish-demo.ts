import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const PUBLISHER = fileURLToPath(new URL('../../../../services/publisher/dist/main.js', import.meta.url));

/** What the publisher's last line says. */
interface Published {
  readonly published: number;
  readonly unique_processed: number;
  readonly duplicate_dropped: number;
  readonly exact: boolean;
}

/** The demo's publisher, against a gateway; settings as in services/publisher/README.md. Throws when it says that it failed. */
export async function publishDemo(
  url: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<Published> {
  const env = { ...process.env, TARGET_URL: url, TOTAL_EVENTS: '20000', DUPLICATE_RATE: '0.3', ...settings };
  const { stdout } = await promisify(execFile)(process.execPath, [PUBLISHER], { env }).catch((error) => {
    throw new Error(`the publisher failed: ${lastLine(String(error.stdout)) || error}`, { cause: error });
  });
  return JSON.parse(lastLine(stdout)) as Published;
}

const lastLine = (text: string): string => text.trimEnd().split('\n').at(-1) ?? '';
