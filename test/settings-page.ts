import { SETTINGS } from '@keyhold/server/settings.ts';

/** The page `docs/settings.md`; a test holds the file against it. */
export function settingsPage(): string {
  const rows = SETTINGS.map(
    ({ name, fallback, about }) => `| \`${name}\` | ${fallback ? `\`${fallback}\`` : '-'} | ${about} |`,
  );
  return [
    '# Settings',
    '',
    'All settings of `keyhold serve` are environment variables. Written from `packages/server/src/settings.ts`.',
    '',
    '| Variable | Default | Meaning |',
    '|---|---|---|',
    ...rows,
    '',
    'Clients (`keyhold call`) read `KEYHOLD_ENDPOINT` (default `http://127.0.0.1:8300`) and the usual',
    '`ALIBABA_CLOUD_ACCESS_KEY_ID`, `ALIBABA_CLOUD_ACCESS_KEY_SECRET`, `ALIBABA_CLOUD_SECURITY_TOKEN`.',
    '',
  ].join('\n');
}
