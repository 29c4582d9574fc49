import { consumerConfig } from '@oncelog/consumer';
import { gatewayConfig } from '@oncelog/gateway';
import { PublisherSchema } from '@oncelog/publisher';
import { settingsTable } from '@oncelog/service-kit';
import type { TObject } from '@sinclair/typebox';

const SCHEMAS: Readonly<Record<string, TObject>> = {
  gateway: gatewayConfig,
  consumer: consumerConfig,
  publisher: PublisherSchema,
};

/** Where tables of settings stand, from the repository's root. */
export const FILES_WITH_SETTINGS = ['README.md', 'services/gateway/README.md', 'services/consumer/README.md'];

/** `<!-- settings of gateway -->`, the table, `<!-- end of settings -->` */
const TABLE = /(?<=<!-- settings of (\w+) -->\n).*?(?=<!-- end of settings -->)/gs;

/**
 * A Markdown text with every table of settings between its markers as the service's schema has it.
 *
 * @throws where a marker names no service
 */
export function withSettingsTables(markdown: string): string {
  return markdown.replace(TABLE, (_table, service: string) => {
    const schema = SCHEMAS[service];
    if (schema === undefined) throw new Error(`There is no service ${service}`);
    return `\n${settingsTable(schema)}\n\n`;
  });
}

/** Without the spaces and dashes by which the formatter aligns the columns of a table. */
export function unaligned(markdown: string): string {
  return markdown.replaceAll(/ +/g, ' ').replaceAll(/-{3,}/g, '---');
}
