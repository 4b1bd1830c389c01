import { foldAscii } from './fold.ts';
import { glob } from './glob.ts';

/** A resource as the matcher sees it, taken apart once for all the patterns it meets. */
export interface Resource {
  readonly text: string;
  /** Undefined where the text has fewer parts than an ARN, as the `*` of an action without resource. */
  readonly parts: ArnParts | undefined;
}

interface ArnParts {
  readonly scheme: string;
  readonly service: string;
  readonly region: string;
  readonly account: string;
  /** All the rest, colons included. */
  readonly relative: string;
}

export function resourceOf(text: string): Resource {
  return { text, parts: splitArn(text) };
}

/** The matcher of RAM document 3.3; undefined for a pattern that looks like an ARN but is of another scheme. */
export function resourcePattern(pattern: string): ((resource: Resource) => boolean) | undefined {
  const parts = splitArn(pattern);
  if (parts === undefined) {
    const matches = glob(pattern);
    return (resource) => matches(resource.text);
  }
  if (parts.scheme !== 'acs') return undefined;
  const service = glob(foldAscii(parts.service));
  const region = place(parts.region);
  const account = place(parts.account);
  const relative = glob(parts.relative);
  return ({ parts: asked }) =>
    asked !== undefined &&
    asked.scheme === 'acs' &&
    service(foldAscii(asked.service)) &&
    region(asked.region) &&
    account(asked.account) &&
    relative(asked.relative);
}

/** Region or account. Global services leave them empty or write `*`; on either side both mean any (1, 3.3). */
function place(pattern: string): (asked: string) => boolean {
  if (pattern === '' || pattern === '*') return () => true;
  const matches = glob(pattern);
  return (asked) => asked === '' || asked === '*' || matches(asked);
}

function splitArn(text: string): ArnParts | undefined {
  const [scheme, service, region, account, ...relative] = text.split(':');
  if (scheme === undefined || service === undefined || region === undefined || account === undefined) {
    return undefined;
  }
  return relative.length === 0
    ? undefined
    : { scheme, service, region, account, relative: relative.join(':') };
}
