import { type Database, firstOf, PARAMETER, rowsOf, type Steps } from './database.ts';
import { accessKeyOfRow, accountOfRow, rowOfAccessKey, rowOfAccount } from './rows.ts';
import type { AccessKey, Account, Accounts } from './store.ts';

export function sqlAccounts(database: Database): Accounts {
  const { query } = database;
  const accountById = (accountId: string) =>
    query.selectFrom('accounts').selectAll().where('account_id', '=', accountId);
  const accessKeyById = (accessKeyId: string) =>
    query.selectFrom('access_keys').selectAll().where('access_key_id', '=', accessKeyId);
  const findAccount = database.prepareFirst(accountById(PARAMETER));
  const findAccessKey = database.prepareFirst(accessKeyById(PARAMETER));

  function* create(account: Account, accessKey: AccessKey): Steps<'created' | 'exists'> {
    const known =
      (yield* firstOf(accountById(account.accountId))) ??
      (yield* firstOf(accessKeyById(accessKey.accessKeyId)));
    if (known !== undefined) return 'exists';
    yield query.insertInto('accounts').values(rowOfAccount(account)).compile();
    yield query.insertInto('access_keys').values(rowOfAccessKey(accessKey)).compile();
    return 'created';
  }

  return {
    create: (account, accessKey) => database.change(create(account, accessKey)),
    async find(accountId) {
      const row = await findAccount(accountId);
      return row && accountOfRow(row);
    },
    async list() {
      const all = query.selectFrom('accounts').selectAll().orderBy('created_at').orderBy('account_id');
      return (await database.read(rowsOf(all))).map(accountOfRow);
    },
    async findAccessKey(accessKeyId) {
      const row = await findAccessKey(accessKeyId);
      return row && accessKeyOfRow(row);
    },
  };
}
