import type { Finished, Maybe } from "../../core/sample.ts";
import type { Address } from "../../settings/setting_types.ts";
import { StatsdListener } from "./statsd_listener.ts";
import { StatsdRelay } from "./statsd_relay.ts";
import { StatsdWindow } from "./statsd_window.ts";

/** StatsD as it is received, counted, and relayed where another server wants it too. */
export class StatsdIntake {
  readonly #window = new StatsdWindow();
  readonly #listener: StatsdListener;
  readonly #relay: StatsdRelay | undefined;

  /**
   * Opens the port.
   * @throws UserError "Cannot ..." with what to do
   */
  constructor({ host, port }: Address, relayTo: string | undefined) {
    const relay = relayTo === undefined ? undefined : new StatsdRelay(relayTo);
    const onPacket = relay && ((packet: Uint8Array<ArrayBuffer>) => relay.send(packet));
    this.#relay = relay;
    this.#listener = new StatsdListener({ hostname: host, port, onPacket }, this.#window);
  }

  /** Takes in what has come by now. */
  drain(): void {
    this.#listener.drain();
  }

  /** What has finished since the last call. */
  take(): Finished {
    return this.#window.take();
  }

  /** Packets since the start. */
  get counts(): { packets: number; malformedLines: number; droppedPackets: Maybe<number> } {
    const { packets, drops } = this.#listener;
    return { packets, malformedLines: this.#window.malformedLines, droppedPackets: drops };
  }

  /** Closes the port, and waits until all has ended. */
  async close(): Promise<void> {
    await this.#listener.close();
    this.#relay?.close();
  }
}
