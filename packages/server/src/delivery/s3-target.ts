import { hash } from 'node:crypto';
import { HeadBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { S3Place } from './buckets.ts';
import { type FailureReason, type Target, TargetFailure } from './target.ts';

const CHECK_MS = 5000;
const PUT_MS = 60_000;

/**
 * A bucket of S3, or of what speaks as S3 does. Credentials come from where the SDK looks for them: its
 * environment variables, or a profile of its credentials file.
 */
export class S3Target implements Target {
  readonly #bucket: string;
  readonly #client: S3Client;

  constructor({ bucket, endpoint, region, style, profile }: S3Place) {
    this.#bucket = bucket;
    this.#client = new S3Client({
      region,
      forcePathStyle: style === 'path',
      ...(endpoint !== undefined && { endpoint }),
      ...(profile !== undefined && { profile }),
      maxAttempts: 2,
      // Not every store knows the newer checksums; each object carries its MD5 instead.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
    });
  }

  async put(name: string, bytes: Uint8Array): Promise<void> {
    const object = { Bucket: this.#bucket, Key: name, Body: bytes, ContentType: 'application/gzip' };
    const command = new PutObjectCommand({ ...object, ContentMD5: hash('md5', bytes, 'base64') });
    await this.#send(() => this.#client.send(command, { abortSignal: AbortSignal.timeout(PUT_MS) }));
  }

  async check(): Promise<void> {
    const command = new HeadBucketCommand({ Bucket: this.#bucket });
    await this.#send(() => this.#client.send(command, { abortSignal: AbortSignal.timeout(CHECK_MS) }));
  }

  async #send(request: () => Promise<unknown>): Promise<void> {
    try {
      await request();
    } catch (error) {
      throw failureOf(error, this.#bucket);
    }
  }
}

const BY_NAME: Readonly<Record<string, FailureReason>> = {
  CredentialsProviderError: 'denied',
  QuotaExceeded: 'full',
  XMinioStorageFull: 'full',
};
const BY_STATUS: Readonly<Record<number, FailureReason>> = {
  401: 'denied',
  403: 'denied',
  404: 'missing',
  507: 'full',
};

/** Of the SDK's error its name and text alone: the rest has headers of the request in it. */
function failureOf(error: unknown, bucket: string): TargetFailure {
  const { name, message, $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } };
  const reason = BY_NAME[name] ?? BY_STATUS[$metadata?.httpStatusCode ?? 0] ?? 'away';
  return new TargetFailure(reason, `bucket ${bucket}: ${name}: ${message}`);
}
