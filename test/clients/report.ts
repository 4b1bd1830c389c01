import { writeFileSync } from 'node:fs';
import { KMS } from '@keyhold/api/kms/product.ts';
import { RAM } from '@keyhold/api/ram/product.ts';
import { STS } from '@keyhold/api/sts/product.ts';
import { CLIENTS, type Client, NOTES, versionOf } from './clients.ts';
import { ROOT } from './install.ts';
import type { Scheme } from './server.ts';
import { CHAPTERS, type Chapter } from './story/chapters.ts';

/** What became of one step of the story with one client over one scheme. */
export interface Result {
  readonly client: string;
  readonly scheme: Scheme;
  readonly step: string;
  readonly outcome: 'ok' | 'failed' | 'not offered';
  readonly detail: string;
}

/** Of Keyhold alone: the vendor's clients know no such operation. */
const OWN = ['ram:SimulatePolicy'];

/** What the story has to have. */
export const SERVED: readonly string[] = [
  ...KMS.operations.keys(),
  ...Array.from(RAM.operations.keys(), (name) => `ram:${name}`),
  ...Array.from(STS.operations.keys(), (name) => `sts:${name}`),
].filter((name) => !OWN.includes(name));

export const WRONG_SECRET = 'a wrong secret is diagnosed by the client';

/** A line per client and scheme, and every failure in full. */
export function summary(clients: readonly Client[], results: readonly Result[]): string {
  const lines: string[] = [];
  for (const client of clients) {
    for (const scheme of client.schemes) {
      const own = results.filter((result) => result.client === client.id && result.scheme === scheme);
      const count = (outcome: Result['outcome']) => own.filter((result) => result.outcome === outcome).length;
      const counts = `${count('ok')} ok, ${count('failed')} failed, ${count('not offered')} not offered`;
      lines.push(`${client.id.padEnd(16)} ${scheme.padEnd(6)} ${counts}`);
      for (const { step, detail } of own.filter((result) => result.outcome === 'failed')) {
        lines.push(`    FAILED ${step}`, `           ${detail.replaceAll('\n', ' ').slice(0, 400)}`);
      }
    }
  }
  return lines.join('\n');
}

type Mark = '✓' | '–' | '✗';

/** One mark for a client over all of its schemes. */
function mark(client: Client, results: readonly Result[], isMeant: (step: string) => boolean): Mark {
  const meant = results.filter((result) => result.client === client.id && isMeant(result.step));
  if (meant.some((result) => result.outcome === 'failed')) return '✗';
  return meant.every((result) => result.outcome === 'ok') ? '✓' : '–';
}

function table(rows: readonly (readonly string[])[]): string {
  const [head = [], ...body] = rows;
  return [head, head.map(() => '---'), ...body].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

const numbers = CLIENTS.map((_, index) => String(index + 1));

function clientTable(): string {
  const rows = CLIENTS.map((client, index) => {
    const names = client.packages.map((name) => `\`${name}\` ${versionOf(client, name)}`);
    const packages = [names.slice(0, -1).join(', '), ...names.slice(-1)].filter(Boolean).join(' on ');
    const cells = [packages, client.how, client.signature, client.schemes.join(', '), client.trust];
    return [numbers[index] ?? '', client.runtime, ...cells];
  });
  return table([
    ['No.', 'Runtime', 'Client and version', 'Used', 'Signature', 'Schemes', 'Private CA by'],
    ...rows,
  ]);
}

/** Marks of the clients that a chapter is told with. */
function chapterTables(chapter: Chapter, results: readonly Result[]): string {
  const { title, steps } = CHAPTERS[chapter];
  const told = CLIENTS.filter((client) => client.chapters.includes(chapter));
  const head = told.map((client) => numberOf(client.id));
  const marks = (isMeant: (step: string) => boolean, lacks: (client: Client) => boolean) =>
    told.map((client) => (lacks(client) ? '–' : mark(client, results, isMeant)));
  const operations = [...new Set(steps.flatMap((step) => step.operations))].sort().map((name) => {
    const meant = steps.filter((step) => step.operations.includes(name)).map((step) => step.title);
    return [
      name,
      ...marks(
        (step) => meant.includes(step),
        (client) => client.lacks.includes(name),
      ),
    ];
  });
  const titles = [...steps.map((step) => step.title), WRONG_SECRET];
  const rows = titles.map((of) => [
    of,
    ...marks(
      (step) => step === of,
      () => false,
    ),
  ]);
  return `## ${title}

${table([['Operation', ...head], ...operations])}

${table([['Step', ...head], ...rows])}
`;
}

/** Writes docs/compatibility.md: the same text for the same outcome. */
export function writeCompatibility(results: readonly Result[]): void {
  const chapters = Object.keys(CHAPTERS) as Chapter[];
  const text = `# Compatibility

Written by \`npm run test:clients\`; do not edit. Each client is the vendor's own, unmodified, at the version that
\`test/clients/rigs\` pins, and talks to a real server once over http and once over TLS with a private CA. Nothing but
the endpoint, the credentials and the CA is told to it.

${clientTable()}

What is worth knowing of them:

${NOTES.map((note) => `- ${note.replace('`go-common`', `Client ${numberOf('go-common')}`)}`).join('\n')}

Every client is told the same story, as far as it is made for it. \`✓\` works over every scheme in the table above; \`✗\`
fails over one of them; \`–\` the client has no method for it, or hides the answer that it takes. An operation has its mark from
the steps in which it is under test.

${chapters.map((chapter) => chapterTables(chapter, results)).join('\n')}`;
  writeFileSync(new URL('docs/compatibility.md', `file://${ROOT}`), text);
}

function numberOf(id: string): string {
  return numbers[CLIENTS.findIndex((client) => client.id === id)] ?? '';
}
