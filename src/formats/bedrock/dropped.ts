/** Paths of request members that the body does not express. */
export class DroppedMembers {
  readonly #paths = new Set<string>();

  add(path: string): void {
    this.#paths.add(path);
  }

  list(): readonly string[] {
    return [...this.#paths];
  }
}
