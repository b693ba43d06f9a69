/** What every subject of a comparison can do. */
export interface Subject {
  get(key: string): unknown
  set(key: string, value: unknown): unknown
  getMany?(keys: string[]): unknown
  setMany?(entries: { key: string; value: unknown }[]): unknown
  /** Reads all entries; how many there are. */
  scan?(): Promise<number>
  /** The keys with a prefix; how many there are. */
  list?(prefix: string): Promise<number>
  close?(): unknown
}

export async function fill(subject: Subject, entries: { key: string; value: unknown }[]): Promise<void> {
  for (let i = 0; i < entries.length; i += 1000) {
    const part = entries.slice(i, i + 1000)
    if (subject.setMany !== undefined) await subject.setMany(part)
    else await Promise.all(part.map(({ key, value }) => subject.set(key, value)))
  }
}
