/** A place where several wait for each other. */
export class Barrier {
  readonly #open = Promise.withResolvers<void>();
  #missing: number;

  constructor(count: number) {
    this.#missing = count;
  }

  /** The place of one of them: call it to come, and wait for the others. One that never will come calls it too. */
  place(): () => Promise<void> {
    let came = false;
    return () => {
      if (!came && --this.#missing === 0) this.#open.resolve();
      came = true;
      return this.#open.promise;
    };
  }
}
