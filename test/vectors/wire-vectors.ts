import { readFileSync } from 'node:fs';
import type { RawRequest } from '@keyhold/server/wires/request.ts';

/** A request as it was on the wire; headers in order and letter case of arrival. */
interface RecordedRequest {
  readonly scheme: 'http' | 'https';
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

interface Credentials {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly securityToken: string | null;
}

type CredentialsName = 'AK' | 'STS' | 'DOC-V3';

/** A request that must be understood, with every value on the way. */
export interface WireVector {
  readonly id: string;
  readonly verifiesWith: 'standard' | 'legacy-unescaped' | 'unsigned' | 'client-defect';
  readonly credentials: CredentialsName | null;
  readonly request: RecordedRequest;
  readonly decoded: Readonly<Record<'query' | 'form', readonly (readonly [string, string])[]>>;
  readonly canonicalQuery?: string;
  readonly canonicalRequest?: string;
  readonly stringToSign?: string;
  readonly signature?: string;
  readonly expected: {
    readonly action: string;
    readonly version: string;
    readonly timestamp: string;
    readonly nonce?: string;
    readonly accessKeyId?: string;
    readonly securityToken?: string;
    readonly format?: string;
    readonly operationParameters: Readonly<Record<string, string>>;
  };
}

/** A request that must be refused. */
export interface NegativeWireVector {
  readonly id: string;
  readonly credentials: CredentialsName;
  readonly request: RecordedRequest;
  /** The time at which the server is to judge it. */
  readonly serverClock: string;
  /** What must have happened before, in words. */
  readonly setup?: string;
  readonly expect: {
    readonly httpStatus: number;
    readonly code: string;
    readonly orCode?: readonly string[];
    readonly orStatus?: readonly number[];
    readonly messageEndsWith?: string;
  };
}

export interface WireVectors {
  readonly credentials: Readonly<Record<CredentialsName, Credentials>>;
  readonly vectors: readonly WireVector[];
  readonly negative: readonly NegativeWireVector[];
}

/** Requests of official clients with the values a server must arrive at. */
export function loadWireVectors(): WireVectors {
  return JSON.parse(readFileSync(new URL('wire-vectors.json', import.meta.url), 'utf8'));
}

/** The recorded request as the server's HTTP side hands it to the wires. */
export function toRawRequest(request: RecordedRequest): RawRequest {
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of request.headers) {
    const key = name.toLowerCase();
    const before = headers[key];
    headers[key] = before === undefined ? value : [before, value].flat();
  }
  return {
    method: request.method,
    target: request.target,
    headers,
    body: Buffer.from(request.body),
    remoteAddress: '127.0.0.1',
    tls: request.scheme === 'https',
  };
}
