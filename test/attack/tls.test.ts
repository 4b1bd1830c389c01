import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { serve } from '../server-process.ts';
import { temporaryDirectory } from '../temporary-directory.ts';
import { exchange, open } from './raw-http.ts';

test('clients that never shake hands hold up neither the server nor its end', {
  timeout: 30_000,
}, async () => {
  await using directory = await temporaryDirectory();
  const [key, certificate] = [join(directory.path, 'key.pem'), join(directory.path, 'cert.pem')];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=localhost'];
  execFileSync('openssl', ['req', '-x509', ...kind, '-keyout', key, '-out', certificate], { stdio: 'pipe' });
  const settings = { KEYHOLD_TLS_CERT: certificate, KEYHOLD_TLS_KEY: key };
  await using server = await serve(join(directory.path, 'data'), settings);
  const silent = await open(server.url);
  silent.on('error', () => undefined);
  const plain = await exchange(server.url, ['GET / HTTP/1.1\r\nHost: k\r\n\r\n']);
  assert.equal(plain, undefined, 'plain HTTP gets no answer');
  assert.equal(await server.end('SIGTERM'), 0);
  silent.destroy();
});
