import { type CredentialSource, CredentialsError } from './credentials.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

const ID = 'ALIBABA_CLOUD_ACCESS_KEY_ID';
const SECRET = 'ALIBABA_CLOUD_ACCESS_KEY_SECRET';
const TOKEN = 'ALIBABA_CLOUD_SECURITY_TOKEN';

/** The variables that the vendor's tools and SDKs read. */
export const environmentSource = (environment: Environment): CredentialSource => ({
  name: 'the environment',
  async find() {
    const [accessKeyId, accessKeySecret] = [environment[ID], environment[SECRET]];
    if (!accessKeyId && !accessKeySecret) return `${ID} and ${SECRET} are not set`;
    if (!accessKeyId || !accessKeySecret) {
      throw new CredentialsError(`${accessKeyId ? SECRET : ID} is not set, but its other half is`);
    }
    const credentials = { accessKeyId, accessKeySecret, securityToken: environment[TOKEN] || undefined };
    return async () => credentials;
  },
});
