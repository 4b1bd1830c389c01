import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { evaluate, explain } from './evaluate.ts';
import { parsePolicy } from './parse.ts';
import { type RandomCase, randomCase, seeded } from './random-policies.ts';
import { evaluateByTheBook } from './reference.ts';

/**
 * Random policies and requests, where the engine and the reference must give the same decision for the same
 * reasons. More of them:
 *
 *     KEYHOLD_POLICY_CASES=1000000 KEYHOLD_POLICY_SEED=7 node --test packages/server/src/access/policy/agreement.test.ts
 */
const CASES = Number(process.env.KEYHOLD_POLICY_CASES ?? 20_000);
const SEED = Number(process.env.KEYHOLD_POLICY_SEED ?? Math.floor(Math.random() * 2 ** 32));

test(`the engine agrees with the reference on ${CASES} cases`, (t) => {
  const random = seeded(SEED);
  const seen = { Allow: 0, ExplicitDeny: 0, ImplicitDeny: 0 };
  for (let i = 0; i < CASES; i++) {
    const one = randomCase(random);
    const policies = one.policies.map(({ name, text, kind }) => ({ name, policy: parsePolicy(text, kind) }));
    const wanted = evaluateByTheBook(one.policies, one.request);
    const found = evaluate(policies, one.request);
    if (!isDeepStrictEqual(found, wanted)) assert.deepEqual(found, wanted, describe(one, i));
    const { notMatched, ...explained } = explain(policies, one.request);
    if (!isDeepStrictEqual(explained, wanted)) assert.deepEqual(explained, wanted, describe(one, i));
    const statements = policies.flatMap(({ policy }) => policy.statements);
    const others = wanted.decision === 'ExplicitDeny' ? 'Allow' : undefined;
    const named = notMatched.length + wanted.decidedBy.length;
    const overruled = statements.filter(({ effect }) => effect === others).length;
    assert.ok(named <= statements.length && named + overruled >= statements.length, describe(one, i));
    seen[wanted.decision]++;
  }
  t.diagnostic(`seed ${SEED}: ${JSON.stringify(seen)}`);
  for (const [decision, count] of Object.entries(seen)) {
    assert.ok(count > CASES * 0.15, `${decision} came up ${count} times of ${CASES}`);
  }
});

function describe({ policies, request }: RandomCase, i: number): string {
  const { action, resource, principal } = request;
  return `case ${i} of seed ${SEED}: ${JSON.stringify({ policies, action, resource, principal }, undefined, 1)}`;
}
