import { readFile } from 'node:fs/promises';
import { RAM } from '@keyhold/api/ram/product.ts';
import { SimulatePolicy } from '@keyhold/api/ram/simulation.ts';
import { STS } from '@keyhold/api/sts/product.ts';
import { GetCallerIdentity } from '@keyhold/api/sts/sts.ts';
import { type ConnectionOptions, connect } from '../call/connection.ts';
import { EXIT, UsageError } from '../exit-codes.ts';
import { visible } from '../visible.ts';

export interface SimulateOptions extends ConnectionOptions {
  readonly principal: string;
  readonly action: string;
  readonly resource: string;
  readonly context?: readonly string[];
  readonly policyFile?: string;
  readonly policyName?: string;
  readonly keyPolicyFile?: string;
  readonly json?: boolean;
}

type Answer = Awaited<ReturnType<typeof ask>>;

export async function simulateCommand(options: SimulateOptions): Promise<void> {
  const answer = await ask(options);
  const text = options.json ? JSON.stringify(answer) : explained(options, answer);
  process.stdout.write(`${visible(text)}\n`);
  if (answer.Decision !== 'Allow') process.exitCode = EXIT.refused;
}

async function ask(options: SimulateOptions) {
  const { action, resource } = options;
  const [document, keyPolicy] = await Promise.all([read(options.policyFile), read(options.keyPolicyFile)]);
  const context = contextOf(options.context ?? []);
  return connect(RAM, options).call(SimulatePolicy, {
    Principal: await principalArn(options),
    SimulatedAction: action,
    Resource: resource,
    ...(context && { Context: context }),
    ...(document !== undefined && { PolicyDocument: document }),
    ...(options.policyName !== undefined && { PolicyName: options.policyName }),
    ...(keyPolicy !== undefined && { KeyPolicy: keyPolicy }),
  });
}

/** `user/ann` is one of the caller's own account. */
async function principalArn(options: SimulateOptions): Promise<string> {
  const { principal } = options;
  if (principal.startsWith('acs:')) return principal;
  if (!/^(root|(user|role)\/.+)$/.test(principal)) {
    throw new UsageError('--principal: user/<name>, role/<name>, root or an ARN is expected');
  }
  const { AccountId } = await connect(STS, options).call(GetCallerIdentity, {});
  return `acs:ram::${AccountId}:${principal}`;
}

function contextOf(pairs: readonly string[]): Record<string, string> | undefined {
  if (pairs.length === 0) return undefined;
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1) throw new UsageError(`--context: key=value is expected, not ${pair}`);
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}

async function read(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`${path} cannot be read (${error.code})`);
  });
}

const VERDICTS = {
  Allow: 'allowed',
  ExplicitDeny: 'denied by a statement',
  ImplicitDeny: 'denied: nothing allows it',
} as const;

function explained(options: SimulateOptions, answer: Answer): string {
  const statement = (of: Answer['DecidedBy'][number]) =>
    `${of.Policy}, statement ${of.Statement}${of.Sid === '' ? '' : ` (${of.Sid})`}, ${of.Effect}`;
  return [
    `${VERDICTS[answer.Decision]}: ${options.principal} ${options.action} ${answer.Resource}`,
    `  rule: ${answer.Rule}`,
    ...answer.DecidedBy.map((decided) => `  decided by ${decided.Source}: ${statement(decided)}`),
    ...answer.NotMatched.map(
      (miss) => `  does not apply: ${statement(miss)} (its ${miss.Element} does not match)`,
    ),
  ].join('\n');
}
