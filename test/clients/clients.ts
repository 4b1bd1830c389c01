import { readFileSync } from 'node:fs';
import type { Scheme } from './server.ts';

export type Runtime = 'node' | 'python' | 'go' | 'java';

/** An official client, unmodified, at the version pinned in the manifest of its rig. */
export interface Client {
  /** The name the rig knows it by. */
  readonly id: string;
  readonly runtime: Runtime;
  /** Packages as the manifest names them; the first is the client itself. */
  readonly packages: readonly string[];
  readonly how: string;
  readonly signature: 'RPC' | 'ACS3';
  readonly schemes: readonly Scheme[];
  /** How it learns of a private CA. */
  readonly trust: 'option' | 'NODE_EXTRA_CA_CERTS' | 'SSL_CERT_FILE' | 'trust store';
  /** Served operations that the client has no method for. A run in which this differs fails. */
  readonly lacks: readonly string[];
  /** What the client itself says when only the secret is wrong. */
  readonly wrongSecret: { readonly code: string; readonly message?: RegExp };
}

const both: readonly Scheme[] = ['http', 'https'];
const mismatch = { code: 'SignatureDoesNotMatch' };
const full = { schemes: both, trust: 'option', lacks: [], wrongSecret: mismatch } as const;

const resourceTags = ['ListTagResources', 'TagResources', 'UntagResources'];
const since2023 = [...resourceTags, 'DescribeAccountKmsStatus', 'OpenKmsService', 'SetDeletionProtection'];

export const CLIENTS: readonly Client[] = [
  {
    id: 'pop-core-get',
    runtime: 'node',
    packages: ['@alicloud/pop-core'],
    how: 'GET',
    signature: 'RPC',
    ...full,
  },
  {
    id: 'pop-core-post',
    runtime: 'node',
    packages: ['@alicloud/pop-core'],
    how: 'POST, form body',
    signature: 'RPC',
    ...full,
  },
  {
    id: 'kms-sdk',
    runtime: 'node',
    packages: ['@alicloud/kms-sdk'],
    how: 'GET, no nonce; knows https only',
    signature: 'RPC',
    schemes: ['https'],
    trust: 'NODE_EXTRA_CA_CERTS',
    lacks: [
      ...since2023,
      'DescribeKeyVersion',
      'GenerateDataKeyWithoutPlaintext',
      'ListKeyVersions',
      'ListResourceTags',
      'ReEncrypt',
      'TagResource',
      'UntagResource',
      'UpdateKeyDescription',
    ],
    wrongSecret: mismatch,
  },
  {
    id: 'kms20160120-1',
    runtime: 'node',
    packages: ['@alicloud/kms20160120'],
    how: 'older Tea generation, POST',
    signature: 'RPC',
    ...full,
    trust: 'NODE_EXTRA_CA_CERTS',
    lacks: [...since2023, 'ReEncrypt'],
  },
  {
    id: 'openapi-client',
    runtime: 'node',
    packages: ['@alicloud/openapi-client'],
    how: 'Tea, generic call',
    signature: 'ACS3',
    ...full,
  },
  {
    id: 'openapi-core',
    runtime: 'node',
    packages: ['@alicloud/openapi-core'],
    how: 'newest Tea core, generic call',
    signature: 'ACS3',
    ...full,
  },
  {
    id: 'python-core',
    runtime: 'python',
    packages: ['aliyun-python-sdk-kms', 'aliyun-python-sdk-core'],
    how: 'product classes, POST',
    signature: 'RPC',
    ...full,
    wrongSecret: { code: 'InvalidAccessKeySecret' },
  },
  {
    id: 'python-tea',
    runtime: 'python',
    packages: ['alibabacloud-kms20160120', 'alibabacloud-tea-openapi'],
    how: 'generated client',
    signature: 'ACS3',
    ...full,
  },
  {
    id: 'go-sdk',
    runtime: 'go',
    packages: ['github.com/aliyun/alibaba-cloud-sdk-go'],
    how: 'services/kms, POST',
    signature: 'RPC',
    ...full,
    wrongSecret: { ...mismatch, message: /InvalidAccessKeySecret/ },
  },
  {
    id: 'go-common',
    runtime: 'go',
    packages: ['github.com/aliyun/alibaba-cloud-sdk-go'],
    how: 'CommonRequest, as the `aliyun` tool makes it',
    signature: 'RPC',
    ...full,
    trust: 'SSL_CERT_FILE',
    wrongSecret: { ...mismatch, message: /InvalidAccessKeySecret/ },
  },
  {
    id: 'go-tea',
    runtime: 'go',
    packages: [
      'github.com/alibabacloud-go/kms-20160120/v3',
      'github.com/alibabacloud-go/darabonba-openapi/v2',
    ],
    how: 'generated client',
    signature: 'ACS3',
    ...full,
  },
  {
    id: 'java-core',
    runtime: 'java',
    packages: ['aliyun-java-sdk-kms', 'aliyun-java-sdk-core'],
    how: 'product classes, POST',
    signature: 'RPC',
    ...full,
    trust: 'trust store',
    wrongSecret: { code: 'SDK.InvalidAccessKeySecret' },
  },
  {
    id: 'java-core-acs3',
    runtime: 'java',
    packages: ['aliyun-java-sdk-kms', 'aliyun-java-sdk-core'],
    how: 'product classes, SignatureVersion.V3',
    signature: 'ACS3',
    ...full,
    trust: 'trust store',
  },
];

const MANIFESTS: Record<Runtime, { readonly file: string; readonly between: string }> = {
  node: { file: 'package.json', between: '": "' },
  python: { file: 'requirements.txt', between: '==' },
  go: { file: 'go.mod', between: ' v' },
  java: { file: 'pom.xml', between: '</artifactId>\n      <version>' },
};

/** The pinned version of one of a client's packages. */
export function versionOf(client: Client, name: string): string {
  const { file, between } = MANIFESTS[client.runtime];
  const text = readFileSync(new URL(`rigs/${client.runtime}/${file}`, import.meta.url), 'utf8');
  const [, after] = text.split(`${name}${between}`);
  const version = after?.match(/^[\w.-]+/)?.[0];
  if (version === undefined) throw new Error(`${file} does not pin ${name}`);
  return version;
}
