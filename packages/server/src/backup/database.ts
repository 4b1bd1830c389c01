import { NodeSqlite } from '../store/node-sqlite.ts';

const PAGE = 1000;

/** Every key of every account: no port of the store has that, because no operation may see it. */
export function* allKeyIds(path: string): Generator<string, void, undefined> {
  const sqlite = new NodeSqlite(path, 0);
  try {
    const page = sqlite.prepare('select key_id from keys where key_id > ? order by key_id limit ?');
    for (let last = ''; ; ) {
      const rows = page.all([last, PAGE]) as { key_id: string }[];
      for (const { key_id } of rows) yield key_id;
      if (rows.length < PAGE) return;
      last = rows.at(-1)?.key_id ?? '';
    }
  } finally {
    sqlite.close();
  }
}

/** What SQLite finds wrong with the structure of the file. */
export function integrityOf(path: string): readonly string[] {
  const sqlite = new NodeSqlite(path, 0);
  try {
    const found = sqlite.prepare('pragma integrity_check(5)').all([]) as { integrity_check: string }[];
    return found.map((row) => row.integrity_check).filter((text) => text !== 'ok');
  } finally {
    sqlite.close();
  }
}
