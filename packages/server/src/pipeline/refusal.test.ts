import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError, type ErrorCode } from '@keyhold/api/errors.ts';
import { kmsOperations } from '@keyhold/api/kms/product.ts';
import type { Operation } from '@keyhold/api/operation.ts';
import { KeyGone, StoreUnavailable } from '../store/store.ts';
import { TrailUnavailable } from '../trail/trail.ts';
import type { Call } from './call-state.ts';
import { refusalOf } from './refusal.ts';

const raw = {
  method: 'POST',
  target: '/',
  headers: {},
  body: new Uint8Array(0),
  remoteAddress: '',
  tls: false,
};

interface Ask {
  readonly operation?: Operation;
  /** As sent. */
  readonly dryRun?: string;
  readonly known?: boolean;
  /** Whether the parameters were understood. */
  readonly read?: boolean;
}

function callOf({ operation = kmsOperations.Encrypt, dryRun, known = true, read = true }: Ask = {}): Call {
  const parameters = new Map(dryRun === undefined ? [] : [['DryRun', dryRun]]);
  const { action } = operation;
  return {
    requestId: 'R',
    time: 0,
    raw,
    operation,
    request: {
      style: 'RPC',
      version: '2016-01-20',
      action,
      parameters,
      regionId: undefined,
      signature: undefined,
    },
    ...(known && { caller: { accountId: '1', type: 'root-account', principalId: '1', accessKeyId: 'k' } }),
    ...(read && {
      parameters: dryRun === 'true' && 'DryRun' in operation.request.shape ? { DryRun: true } : {},
    }),
  };
}

/** What the caller is told, and what the operator is. */
function refuse(error: unknown, ask?: Ask) {
  const failures: unknown[] = [];
  const onFailure = (failure: unknown, requestId: string) => {
    assert.equal(requestId, 'R');
    failures.push(failure);
  };
  const { code, status, message } = refusalOf(error, callOf(ask), { onFailure });
  return { code, status, message, failures };
}

test('what was thrown becomes what is told; the rest is for the operator', () => {
  const path = '/srv/keyhold/secret-place';
  const cases: readonly [unknown, ErrorCode, number, boolean][] = [
    [new ApiError('Rejected.Disabled'), 'Rejected.Disabled', 409, false],
    [new ApiError('Rejected.Throttling'), 'Rejected.Throttling', 429, false],
    [new KeyGone(path), 'Forbidden.KeyNotFound', 404, false],
    [new StoreUnavailable(path), 'ServiceUnavailableTemporary', 503, true],
    [new TrailUnavailable(path), 'ServiceUnavailableTemporary', 503, true],
    [new ApiError('ServiceUnavailableTemporary'), 'ServiceUnavailableTemporary', 503, true],
    [new Error(path), 'InternalFailure', 500, true],
    [new RangeError(path), 'InternalFailure', 500, true],
    [path, 'InternalFailure', 500, true],
    [undefined, 'InternalFailure', 500, true],
    [{ code: 'Rejected.Disabled', status: 409, message: path }, 'InternalFailure', 500, true],
  ];
  for (const [error, code, status, told] of cases) {
    const refusal = refuse(error);
    assert.deepEqual([refusal.code, refusal.status], [code, status]);
    assert.ok(!refusal.message.includes(path), refusal.message);
    assert.deepEqual(refusal.failures, told ? [error] : []);
  }
});

test('with DryRun a call ends in one of three codes (KMS semantics 4.4)', () => {
  const cases: readonly [ErrorCode, ErrorCode, number][] = [
    ['DryRunOperationError', 'DryRunOperationError', 400],
    ['Forbidden.NoPermission', 'AccessDeniedError', 403],
    ['InvalidParameter', 'ValidationError', 400],
    ['Forbidden.KeyNotFound', 'ValidationError', 400],
    ['Forbidden.AliasNotFound', 'ValidationError', 400],
    ['Rejected.Disabled', 'ValidationError', 400],
    ['UnsupportedOperation', 'ValidationError', 400],
    // Decided before KMS is asked, and by the server's own trouble: as they are.
    ['SignatureDoesNotMatch', 'SignatureDoesNotMatch', 400],
    ['Rejected.Throttling', 'Rejected.Throttling', 429],
    ['InternalFailure', 'InternalFailure', 500],
    ['ServiceUnavailableTemporary', 'ServiceUnavailableTemporary', 503],
  ];
  for (const [thrown, code, status] of cases) {
    const { Encrypt, Decrypt, GenerateDataKey, GenerateDataKeyWithoutPlaintext, ReEncrypt } = kmsOperations;
    for (const operation of [Encrypt, Decrypt, GenerateDataKey, GenerateDataKeyWithoutPlaintext, ReEncrypt]) {
      const refusal = refuse(new ApiError(thrown), { operation, dryRun: 'true' });
      assert.deepEqual([refusal.code, refusal.status], [code, status], `${operation.action} ${thrown}`);
      if (code !== thrown)
        assert.ok(refusal.message.includes(`${thrown}: `), 'it says what it would have been');
      assert.equal(refuse(new ApiError(thrown), { operation }).code, thrown);
    }
  }
});

test('DryRun counts where the operation has it and the caller is known, also when parameters are wrong', () => {
  const cases: readonly [Ask, ErrorCode][] = [
    [{ dryRun: 'true', read: false }, 'ValidationError'],
    [{ dryRun: 'TRUE', read: false }, 'ValidationError'],
    [{ dryRun: 'false', read: false }, 'MissingParameter'],
    [{ dryRun: 'yes', read: false }, 'MissingParameter'],
    [{ read: false }, 'MissingParameter'],
    [{ dryRun: 'true', read: false, known: false }, 'MissingParameter'],
    [{ dryRun: 'true', read: false, operation: kmsOperations.DescribeKey }, 'MissingParameter'],
    [{ dryRun: 'true', operation: kmsOperations.DescribeKey }, 'MissingParameter'],
  ];
  for (const [ask, code] of cases) {
    assert.equal(refuse(new ApiError('MissingParameter'), ask).code, code, JSON.stringify(ask.dryRun));
  }
});
