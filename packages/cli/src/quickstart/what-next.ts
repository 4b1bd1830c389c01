import type { Config } from '@keyhold/server/config.ts';
import { dataPaths } from '@keyhold/server/files/data-paths.ts';
import { quoted } from './shell.ts';

/** Lines to copy, once the story is told. */
export function whatNext(config: Config, endpoint: string, preparation: readonly string[]): string {
  const pairFile = quoted(dataPaths(config.dataDir).rootAccessKey);
  const { host, protocol } = new URL(endpoint);
  const commands = [
    ...preparation,
    'npx keyhold call --help',
    'npx keyhold call ListKeys',
    'npx keyhold trail verify',
  ];
  if (process.env.KEYHOLD_DATA_DIR) commands.unshift(`export KEYHOLD_DATA_DIR=${quoted(config.dataDir)}`);
  const field = (name: string) => `"$(npx node -p 'require(process.argv[1]).${name}' ${pairFile})"`;
  return `
In another terminal:

${commands.map(indented).join('\n')}

The official clients need the endpoint and the root access key, nothing else:

  export ALIBABA_CLOUD_ACCESS_KEY_ID=${field('AccessKeyId')}
  export ALIBABA_CLOUD_ACCESS_KEY_SECRET=${field('AccessKeySecret')}
  aliyun kms ListKeys --endpoint ${host}${protocol === 'http:' ? ' --insecure' : ''} --region ${config.regions[0]}

  import Core from '@alicloud/pop-core';
  const { ALIBABA_CLOUD_ACCESS_KEY_ID: accessKeyId, ALIBABA_CLOUD_ACCESS_KEY_SECRET: accessKeySecret } = process.env;
  const kms = new Core({ endpoint: '${endpoint}', apiVersion: '2016-01-20', accessKeyId, accessKeySecret });
  console.log(await kms.request('ListKeys', {}, { method: 'POST' }));

The server goes on at ${endpoint}; Control-C stops it.
`;
}

const indented = (line: string): string => `  ${line}`;
