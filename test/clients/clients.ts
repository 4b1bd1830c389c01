import { readFileSync } from 'node:fs';
import type { Scheme } from './server.ts';
import type { Chapter } from './story/chapters.ts';

export type Runtime = 'node' | 'python' | 'go' | 'java';

/** An official client, unmodified, at the version pinned in the manifest of its rig. */
export interface Client {
  /** The name the rig knows it by. */
  readonly id: string;
  readonly runtime: Runtime;
  /** Packages as the manifest names them; the last is what the others stand on. */
  readonly packages: readonly string[];
  readonly how: string;
  /** What it is made for. */
  readonly chapters: readonly Chapter[];
  readonly signature: 'RPC' | 'ACS3';
  readonly schemes: readonly Scheme[];
  /** How it learns of a private CA. */
  readonly trust: 'option' | 'NODE_EXTRA_CA_CERTS' | 'SSL_CERT_FILE' | 'trust store';
  /**
   * Operations of its chapters that the client has no method for, or hides the answers that it takes; `CreateKey ProtectionLevel`
   * is a parameter that it has no place for. A run in which this differs fails.
   */
  readonly lacks: readonly string[];
  /** What the client itself says when only the secret is wrong. */
  readonly wrongSecret: { readonly code: string; readonly message?: RegExp };
}

const both: readonly Scheme[] = ['http', 'https'];
const mismatch = { code: 'SignatureDoesNotMatch' };
const full = {
  chapters: ['keys', 'access'],
  schemes: both,
  trust: 'option',
  lacks: [],
  wrongSecret: mismatch,
} as const;
/** The credentials libraries know https only, and no option for a CA. */
const provider = { ...full, chapters: ['providers'], schemes: ['https'] } as const;

const resourceTags = ['ListTagResources', 'TagResources', 'UntagResources'];
const keyPolicies = ['GetKeyPolicy', 'ListKeyPolicies', 'SetKeyPolicy'];
const ramTags = ['ram:ListTagResources', 'ram:TagResources', 'ram:UntagResources'];
const since2023 = [...resourceTags, 'DescribeAccountKmsStatus', 'OpenKmsService', 'SetDeletionProtection'];

const javaProducts = [
  'aliyun-java-sdk-kms',
  'aliyun-java-sdk-ram',
  'aliyun-java-sdk-sts',
  'aliyun-java-sdk-actiontrail',
  'aliyun-java-sdk-core',
];

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
    chapters: ['keys'],
    signature: 'RPC',
    schemes: ['https'],
    trust: 'NODE_EXTRA_CA_CERTS',
    lacks: [
      ...since2023,
      ...keyPolicies,
      'CreateKey ProtectionLevel',
      'CreateKeyVersion',
      'DescribeKeyVersion',
      'GenerateDataKeyWithoutPlaintext',
      'ListKeyVersions',
      'ListResourceTags',
      'ReEncrypt',
      'TagResource',
      'UntagResource',
      'UpdateKeyDescription',
      'UpdateRotationPolicy',
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
    chapters: ['keys'],
    trust: 'NODE_EXTRA_CA_CERTS',
    lacks: [...since2023, ...keyPolicies, 'ReEncrypt'],
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
    id: 'node-generated',
    runtime: 'node',
    packages: ['@alicloud/ram20150501', '@alicloud/sts20150401', '@alicloud/openapi-core'],
    how: 'generated clients; KMS and ActionTrail by the generic call',
    signature: 'ACS3',
    ...full,
    chapters: ['access'],
  },
  {
    id: 'node-credentials',
    runtime: 'node',
    packages: ['@alicloud/credentials', '@alicloud/openapi-client'],
    how: 'provider of sessions for a generic client',
    signature: 'ACS3',
    ...provider,
    trust: 'NODE_EXTRA_CA_CERTS',
  },
  {
    id: 'python-core',
    runtime: 'python',
    packages: [
      'aliyun-python-sdk-kms',
      'aliyun-python-sdk-ram',
      'aliyun-python-sdk-sts',
      'aliyun-python-sdk-actiontrail',
      'aliyun-python-sdk-core',
    ],
    how: 'product classes, POST',
    signature: 'RPC',
    ...full,
    lacks: ['ListKeyPolicies', 'ram:DecodeDiagnosticMessage'],
    wrongSecret: { code: 'InvalidAccessKeySecret' },
  },
  {
    id: 'python-tea',
    runtime: 'python',
    packages: [
      'alibabacloud-kms20160120',
      'alibabacloud-ram20150501',
      'alibabacloud-sts20150401',
      'alibabacloud-actiontrail20200706',
      'alibabacloud-tea-openapi',
    ],
    how: 'generated clients',
    signature: 'ACS3',
    ...full,
    lacks: ['ListKeyPolicies'],
  },
  {
    id: 'python-credentials',
    runtime: 'python',
    packages: ['alibabacloud-credentials', 'alibabacloud-tea-openapi'],
    how: 'provider of sessions for generated clients',
    signature: 'ACS3',
    ...provider,
    trust: 'SSL_CERT_FILE',
  },
  {
    id: 'go-sdk',
    runtime: 'go',
    packages: ['github.com/aliyun/alibaba-cloud-sdk-go'],
    how: 'services/kms, ram, sts and actiontrail, POST',
    signature: 'RPC',
    ...full,
    lacks: ['ListKeyPolicies', 'ram:DecodeDiagnosticMessage', ...ramTags],
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
    how: 'generated client; generic call but for KMS',
    signature: 'ACS3',
    ...full,
    lacks: ['ListKeyPolicies'],
  },
  {
    id: 'go-credentials',
    runtime: 'go',
    packages: ['github.com/aliyun/credentials-go', 'github.com/alibabacloud-go/darabonba-openapi/v2'],
    how: 'provider of sessions for a generated and a generic client',
    signature: 'ACS3',
    ...provider,
    trust: 'SSL_CERT_FILE',
  },
  {
    id: 'java-core',
    runtime: 'java',
    packages: javaProducts,
    how: 'product classes, POST',
    signature: 'RPC',
    ...full,
    trust: 'trust store',
    lacks: ['ListKeyPolicies', ...ramTags],
    wrongSecret: { code: 'SDK.InvalidAccessKeySecret' },
  },
  {
    id: 'java-core-acs3',
    runtime: 'java',
    packages: javaProducts,
    how: 'product classes, SignatureVersion.V3',
    signature: 'ACS3',
    ...full,
    trust: 'trust store',
    lacks: ['ListKeyPolicies', ...ramTags],
  },
  {
    id: 'java-credentials',
    runtime: 'java',
    packages: ['credentials-java', 'aliyun-java-sdk-core'],
    how: 'provider of sessions for product classes',
    signature: 'RPC',
    ...provider,
    trust: 'trust store',
    wrongSecret: { code: 'SDK.InvalidAccessKeySecret' },
  },
];

/** What the run has shown of these clients, and programs have to know. */
export const NOTES: readonly string[] = [
  'CreateKeyVersion and OpenKmsService are met by their refusals alone: a version can be made a week after the last ' +
    'one, and the account is open.',
  'The credentials libraries fetch sessions over https alone, and have no option for a private CA: it is told to the ' +
    'runtime, as the table says. `stsEndpoint` takes `host:port`.',
  '`aliyun-python-sdk-core` drops `AccessDeniedDetail`, so that there is no message to decode. It compares the protocol ' +
    'with `is`: only its own constants `protocol_type.HTTP` and `.HTTPS` count. LookupEvents of ' +
    '`aliyun-python-sdk-actiontrail` asks for http unless it is told otherwise.',
  'The Python models of `alibabacloud-*` make empty lists of absent ones in `from_map`, which are then sent ' +
    '(`Tag=[]`) and refused; their constructors do not.',
  '`@alicloud/kms-sdk` sends the value `0` without signing it: leave `keyMaterialExpireUnix` out for ' +
    'material that never expires.',
  'Keys in the HSM are in SoftHSM, which knows no OAEP with SHA-256: GetParametersForImport refuses it with ' +
    '`UnsupportedOperation`, and clients wrap with SHA-1. `@alicloud/kms-sdk` has no place for `ProtectionLevel`, so that it ' +
    'makes no such keys.',
  'The Java clients keep no HTTP status. `credentials-java` writes what it is refused to the standard output.',
  'There is no `@alicloud/actiontrail20200706`; generated Go clients of RAM and STS are not run. The generic call that ' +
    'such clients make is.',
  'The `aliyun` command line tool itself is not run. `go-common` makes requests of its shape, through the library that ' +
    'it is built on.',
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
