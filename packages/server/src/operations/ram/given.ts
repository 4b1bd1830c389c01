/** What a request gave to change; what it did not give stays. */
export function given<T extends object>(changes: { readonly [K in keyof T]: T[K] | undefined }): Partial<T> {
  const entries = Object.entries(changes).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Partial<T>; // what is undefined is gone
}
