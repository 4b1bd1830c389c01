import assert from 'node:assert/strict';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dataPaths } from '@keyhold/server/files/data-paths.ts';
import { openSqliteStore } from '@keyhold/server/store/open-store.ts';
import { readAnchor } from '@keyhold/server/trail/anchor.ts';
import type { Head } from '@keyhold/server/trail/chain.ts';
import { readTrail } from '@keyhold/server/trail/read.ts';
import { verifyTrail } from '@keyhold/server/trail/verify.ts';
import type { ServingProcess } from '../../server-process.ts';
import type { Worker } from './worker.ts';

/** The anchor as a killed server left it. A copy is opened, so that the next start finds what the kill left. */
export async function anchorLeftIn(dataDir: string): Promise<Head | undefined> {
  const copy = await mkdtemp(join(tmpdir(), 'keyhold-copy-'));
  const { database } = dataPaths(dataDir);
  for (const end of ['', '-wal']) {
    await cp(database + end, join(copy, `copy.db${end}`)).catch((error: NodeJS.ErrnoException) => {
      if (end === '' || error.code !== 'ENOENT') throw error;
    });
  }
  const store = await openSqliteStore(join(copy, 'copy.db'));
  try {
    return await readAnchor(store.settings);
  } finally {
    await store.close();
    await rm(copy, { recursive: true });
  }
}

export interface TrailFindings {
  readonly lines: number;
  readonly tornBytes: number;
  /** Writes that were begun and cut off. */
  readonly withoutOutcome: number;
}

/** The trail is whole, holds every acknowledged call, and every intent has an outcome or was cut off. */
export async function checkTrail(dataDir: string, workers: readonly Worker[]): Promise<TrailFindings> {
  const { trail } = dataPaths(dataDir);
  const verdict = await verifyTrail(trail, { anchor: await anchorLeftIn(dataDir) });
  assert.ok(verdict.ok, verdict.ok ? '' : verdict.message);

  const ended = new Map<string, boolean>();
  const begun = new Map<string, { readonly nonce: string | undefined; readonly action: string }>();
  for await (const entry of readTrail(trail)) {
    if (entry.kind === 'call') ended.set(entry.requestId, entry.errorCode !== undefined);
    if (entry.kind === 'intent')
      begun.set(entry.requestId, { nonce: entry.replay?.token, action: entry.action });
  }
  const cutOff = new Map<string, string>();
  for (const worker of workers) {
    for (const [requestId, refused] of worker.acknowledged) {
      assert.equal(ended.get(requestId), refused, `the acknowledged call ${requestId} is not in the trail`);
    }
    for (const { nonce, action } of worker.unknown) cutOff.set(nonce, action);
  }
  let withoutOutcome = 0;
  for (const [requestId, { nonce = '', action }] of begun) {
    if (ended.has(requestId)) continue;
    withoutOutcome++;
    assert.equal(cutOff.get(nonce), action, `${action} ${requestId} has no outcome and was not cut off`);
  }
  return { lines: verdict.lines, tornBytes: verdict.tornBytes, withoutOutcome };
}

/** No acknowledged change is lost: every key is as it was left, or as a call that was cut off leaves it. */
export async function checkKeys(server: ServingProcess, worker: Worker): Promise<void> {
  const found: Record<string, unknown> = {};
  for (const KeyId of Object.keys(worker.model)) {
    const [key, tags, aliases] = await Promise.all([
      server.call('DescribeKey', { KeyId }),
      server.call('ListResourceTags', { KeyId }),
      server.call('ListAliasesByKeyId', { KeyId, PageSize: 100 }),
    ]);
    assert.equal(key.status, 200, JSON.stringify(key.body));
    const { KeyState: state, Description: description } = key.body.KeyMetadata;
    const pairs: { TagKey: string; TagValue: string }[] = tags.body.Tags.Tag;
    const names: { AliasName: string }[] = aliases.body.Aliases.Alias;
    found[KeyId] = {
      state,
      description,
      tags: Object.fromEntries(pairs.map(({ TagKey, TagValue }) => [TagKey, TagValue])),
      aliases: names.map(({ AliasName }) => AliasName).sort(),
    };
  }
  const cutOff = worker.unknown.at(-1)?.after?.(worker.model);
  if (cutOff !== undefined) {
    try {
      assert.deepEqual(found, cutOff);
      worker.model = cutOff;
      return;
    } catch {
      // then it must not have happened at all
    }
  }
  assert.deepEqual(found, worker.model);
}

/** Opens what was sealed, from number `from` on, under keys that can be used now. Returns how many. */
export async function checkSealed(server: ServingProcess, worker: Worker, from = 0): Promise<number> {
  let opened = 0;
  for (const { keyId, CiphertextBlob, context, plaintext } of worker.sealed.slice(from)) {
    if (worker.model[keyId]?.state !== 'Enabled') continue;
    const answer = await server.call('Decrypt', { CiphertextBlob, EncryptionContext: context });
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    assert.equal(answer.body.Plaintext, plaintext);
    opened++;
  }
  return opened;
}

/** Makes every key usable, so that everything can be opened. */
export async function enableAll(server: ServingProcess, worker: Worker): Promise<void> {
  const model = { ...worker.model };
  for (const [KeyId, key] of Object.entries(model)) {
    if (key.state === 'Enabled') continue;
    const action = key.state === 'Disabled' ? 'EnableKey' : 'CancelKeyDeletion';
    assert.equal((await server.call(action, { KeyId })).status, 200);
    model[KeyId] = { ...key, state: 'Enabled' };
  }
  worker.model = model;
}
