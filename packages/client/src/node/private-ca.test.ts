import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { temporaryDirectory } from '../../../../test/temporary-directory.ts';
import type { ClientOptions } from '../client.ts';
import { createKmsClient } from '../kms.ts';
import { answer, hangUp, scriptedServer, stall } from '../test-kit/scripted-server.ts';
import { trusting } from './private-ca.ts';

const directory = await temporaryDirectory();
const file = (name: string) => join(directory.path, name);
const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'pipe' });
const EC = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];

/** A CA, and certificates that it signed. */
function authority(name: string): { readonly pem: string; sign(server: string, names: string): void } {
  const [key, pem] = [file(`${name}.key`), file(`${name}.pem`)];
  openssl('req', '-x509', ...EC, '-subj', `/CN=${name}`, '-keyout', key, '-out', pem);
  return {
    pem,
    sign: (server, names) =>
      openssl(
        ...['req', '-x509', ...EC, '-subj', `/CN=${server}`, '-addext', `subjectAltName=${names}`],
        ...['-addext', 'basicConstraints=critical,CA:FALSE', '-CA', pem, '-CAkey', key],
        ...['-keyout', file(`${server}.key`), '-out', file(`${server}.pem`)],
      ),
  };
}

const ours = authority('ours');
const theirs = authority('theirs');
ours.sign('right', 'IP:127.0.0.1');
ours.sign('elsewhere', 'DNS:kms.example');
const serve = (name: string) =>
  scriptedServer((listener) =>
    createServer(
      { key: readFileSync(file(`${name}.key`)), cert: readFileSync(file(`${name}.pem`)) },
      listener,
    ),
  );
const [right, elsewhere, plain] = await Promise.all([serve('right'), serve('elsewhere'), scriptedServer()]);
after(async () => {
  await Promise.all([right.close(), elsewhere.close(), plain.close()]);
  await directory[Symbol.asyncDispose]();
});

const regions = answer(200, { Regions: { Region: [{ RegionId: 'å中' }] }, RequestId: 'r' });
const call = (options: Partial<ClientOptions>, signal?: AbortSignal) =>
  createKmsClient({
    credentials: { accessKeyId: 'LTAI', accessKeySecret: 's' },
    endpoint: right.url,
    attempts: 1,
    ...options,
  }).DescribeRegions({}, { signal });
const trusted = trusting({ file: ours.pem });

describe('a private CA', () => {
  test('is trusted where it is given, as a file or as text', async () => {
    right.play(regions);
    const { Regions } = await call({ fetch: trusted });
    assert.equal(Regions.Region[0]?.RegionId, 'å中');
    await call({ fetch: trusting({ pem: readFileSync(ours.pem, 'utf8') }) });
    const [{ request }] = right.received as [(typeof right.received)[0]];
    assert.equal(request.headers.host, new URL(right.url).host);
    assert.equal(request.headers['transfer-encoding'], undefined);
  });

  test('is not trusted elsewhere, and nothing is sent', async () => {
    right.play(regions);
    const said = { name: 'KmsUnreachable', message: /certificate that is not trusted here/ };
    await assert.rejects(call({}), said);
    await assert.rejects(call({ fetch: trusting({ file: theirs.pem }) }), said);
    assert.equal(right.received.length, 0);
  });

  test('vouches for the names in its certificates only', async () => {
    elsewhere.play(regions);
    const said = { name: 'KmsUnreachable', message: /certificate for another name/ };
    await assert.rejects(call({ fetch: trusted, endpoint: elsewhere.url }), said);
  });

  test('leaves plain http, time limits and broken connections as they are', async () => {
    plain.play(regions);
    await call({ fetch: trusted, endpoint: plain.url });
    right.play(stall);
    await assert.rejects(call({ fetch: trusted, attemptTimeoutMs: 50 }), { code: 'TIMEOUT' });
    right.play(hangUp);
    await assert.rejects(call({ fetch: trusted }), { message: /closed the connection/ });
    right.play((response) => response.writeHead(200).write('{', () => response.destroy()));
    await assert.rejects(call({ fetch: trusted }), { name: 'KmsUnreachable' });
    const abort = new AbortController();
    right.play(() => abort.abort(new Error('enough')));
    await assert.rejects(call({ fetch: trusted }, abort.signal), { message: 'enough' });
  });

  test('has certificates in it', async () => {
    for (const pem of ['', 'ours', readFileSync(file('right.key'), 'utf8')]) {
      assert.throws(() => trusting({ pem }), TypeError, pem);
    }
    assert.throws(() => trusting({ file: file('absent.pem') }), /ENOENT/);
    right.play(regions);
    const garbage = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
    await assert.rejects(call({ fetch: trusting({ pem: garbage }) }), /not trusted here/);
  });
});
