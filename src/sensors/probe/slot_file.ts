/** A kept descriptor of one worker's slot, and the last good look at it. */

import { readStart, wordAt } from "./shared_words.ts";
import {
  ALONE_UNTIL_NS,
  decodeSlot,
  isSlotOf,
  loadIsCredible,
  type Look,
  ONE_UNTIL_NS,
  readHead,
  SEQ,
  SLOT_WORDS,
  type SlotHead,
} from "./slot.ts";
import { type DurationCounts, type SlotDelta, SlotMeter } from "./slot_meter.ts";

/** Looks until the meter was met between two of its writes; a writer held up longer leaves the last good look standing. */
const TRIES = 4;
/** How long a worker does what it was told when it is not told again. */
const TOLD_FOR_NS = 10e9;

const halves = new Uint32Array(2 * SLOT_WORDS);
const bytes = new Uint8Array(halves.buffer);
const beginning = bytes.subarray(0, 8 * (SEQ + 1));

/** The slot of one worker. */
export class SlotFile {
  readonly pid: number;
  readonly words: Float64Array = new Float64Array(SLOT_WORDS);
  /** What the worker is, as last believed; undefined before the slot was ever seen whole. */
  head: SlotHead | undefined;
  /** The load words can be believed at this moment. */
  credible = false;
  readonly #file: Deno.FsFile;
  #meter: SlotMeter | undefined;
  #wasMetered = false;

  private constructor(pid: number, file: Deno.FsFile) {
    this.pid = pid;
    this.#file = file;
  }

  /** Undefined when the file cannot be opened: gone already, or no descriptor left. */
  static open(path: string, pid: number): SlotFile | undefined {
    try {
      return new SlotFile(pid, Deno.openSync(path, { read: true, write: true }));
    } catch {
      return undefined;
    }
  }

  /** Looks at the slot. */
  look(nowNs: number): void {
    const wasSeen = this.head !== undefined;
    const whole = this.#read();
    if (whole === "writing" && wasSeen) return;
    const head = whole === "read" && isSlotOf(this.pid, halves) ? readHead(this.words, nowNs) : undefined;
    if (head === undefined) {
      this.credible = false;
      return;
    }
    this.head = head;
    this.credible = head.metered && loadIsCredible(this.words, head, nowNs);
  }

  /**
   * What the worker did since the last call that gave an answer; undefined when it is unknown, or when there is
   * nothing yet to compare with.
   * @param sinceNs when the slots were last looked at: a worker forked after that is counted from its boot on
   */
  advance(look: Look, sinceNs: number | undefined, counts: DurationCounts): SlotDelta | undefined {
    if (!this.credible || this.head === undefined) {
      this.#meter = undefined;
      return undefined;
    }
    if (this.#meter === undefined) {
      // A boot somewhat before the last look: the slot appears a moment after the fork.
      const isNew = !this.#wasMetered && sinceNs !== undefined && this.head.bootNs > sinceNs - 1e9;
      this.#wasMetered = true;
      this.#meter = new SlotMeter(this.words, this.head, look.nowNs, isNew);
    }
    return this.#meter.advance(this.words, this.head, look, counts);
  }

  /**
   * Tells a gthread worker whether to take one request at a time, for some seconds: without us it is to go on as gunicorn
   * does. One that cannot be told does so too.
   */
  setOneAtATime(oneAtATime: boolean, nowNs: number): void {
    if (this.head?.kind === "gthread") this.#tell(ONE_UNTIL_NS, oneAtATime, nowNs);
  }

  /** Tells a worker whether the maximum is one worker, for some seconds. */
  setAlone(isAlone: boolean, nowNs: number): void {
    this.#tell(ALONE_UNTIL_NS, isAlone, nowNs);
  }

  #tell(untilWord: number, isSo: boolean, nowNs: number): void {
    const untilNs = this.words[untilWord]!;
    const isTold = isSo ? untilNs > nowNs + TOLD_FOR_NS / 2 : untilNs === 0;
    if (this.head === undefined || isTold) return;
    try {
      this.#file.seekSync(8 * untilWord, Deno.SeekMode.Start);
      const word = BigInt(isSo ? Math.round(nowNs) + TOLD_FOR_NS : 0);
      this.#file.writeSync(new Uint8Array(new BigUint64Array([word]).buffer));
    } catch {
      // The file system takes nothing more.
    }
  }

  close(): void {
    this.#file.close();
  }

  /** Reads the page between two writes of the meter: the sequence number is even, and the same before and after. */
  #read(): "read" | "writing" | "failed" {
    for (let i = 0; i < TRIES; i++) {
      if (!readStart(this.#file, bytes)) return "failed";
      const seq = wordAt(halves, SEQ);
      if (seq % 2 !== 0) continue;
      if (!readStart(this.#file, beginning)) return "failed";
      if (wordAt(halves, SEQ) !== seq) continue;
      decodeSlot(halves, this.words);
      return "read";
    }
    return "writing";
  }
}
