const MAX_ISSUER_CHARS = 255;
const LOOPBACK = /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])$/;

/**
 * Whether an issuer may be called so: https, without query, fragment and credentials (CreateOIDCProvider), and
 * spelt as URLs are, so that what is compared with a token is what is fetched. Also http on this machine, for
 * development.
 */
export function isIssuerUrl(text: string): boolean {
  if (text.length > MAX_ISSUER_CHARS || /[?#]/.test(text) || !URL.canParse(text)) return false;
  const url = new URL(text);
  const isSecure = url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.test(url.hostname));
  return isSecure && hasNoCredentials(url) && (text === url.href || `${text}/` === url.href);
}

/** Where the issuer says where its keys are (OpenID Connect Discovery 4): a `/` at the end does not count. */
export const discoveryUrl = (issuerUrl: string): string =>
  `${issuerUrl.replace(/\/$/, '')}/.well-known/openid-configuration`;

/**
 * Whether keys may be fetched from there: over https, or as the issuer itself is reached. Not only at the issuer:
 * Google keeps its keys on another host, and so does Kubernetes.
 */
export function isKeysUrl(text: string, issuerUrl: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  return hasNoCredentials(url) && (url.protocol === 'https:' || url.origin === new URL(issuerUrl).origin);
}

const hasNoCredentials = ({ username, password }: URL): boolean => username === '' && password === '';
