import type { PolicySettings } from "../core/policy_settings.ts";
import type { Address } from "./setting_types.ts";

/** All that can be set, in the types the program uses. */
export interface Settings {
  readonly minWorkers: number;
  readonly maxWorkers: number;
  readonly sloP95Ms: number;
  readonly tickMs: number;
  readonly windowSeconds: number;
  readonly idleSeconds: number;
  readonly upCooldownMs: number;
  readonly downCooldownMs: number;
  readonly noDownscaleMsAfterUp: number;
  readonly streamGraceSeconds: number;
  readonly maxStepUp: number;
  readonly targetConcPerWorker: number;
  readonly targetUtilization: number;
  readonly burstEnabled: boolean;
  readonly burstWindowSeconds: number;
  readonly burstRpsJump: number;
  readonly burstMinRps: number;
  readonly burstAddWorkers: number;
  readonly burstCooldownMs: number;
  readonly memoryShare: number;
  readonly sleepAfter: number;
  readonly deepSleepAfter: number;
  readonly probe: "on" | "off";
  readonly statsdAddr: Address;
  readonly statsdPrefix: string;
  readonly gunicorn: string;
  readonly forkServer: "on" | "off" | "auto";
  readonly lingerSeconds: number;
  readonly mapUvicornDeprecated: boolean;
  readonly autoSetGracefulTimeout: boolean;
  readonly runtimeDir: string;
  readonly statusAddr: Address | "off";
  readonly statusHosts: string;
  readonly record: string;
  readonly logLevel: "debug" | "info" | "warning" | "error";
  readonly logFormat: "text" | "json";
  readonly dryRun: boolean;
}

/** Its names: maxWorkers. */
export type SettingName = keyof Settings;

/** The part of the settings that the core decides by. */
export function policyOf(settings: Settings): PolicySettings {
  return {
    minWorkers: settings.minWorkers,
    maxWorkers: settings.maxWorkers,
    sloP95Ms: settings.sloP95Ms,
    windowMs: settings.windowSeconds * 1000,
    idleMs: settings.idleSeconds * 1000,
    upCooldownMs: settings.upCooldownMs,
    downCooldownMs: settings.downCooldownMs,
    noDownscaleAfterUpMs: settings.noDownscaleMsAfterUp,
    streamGraceMs: settings.streamGraceSeconds * 1000,
    maxStepUp: settings.maxStepUp,
    targetConcPerWorker: settings.targetConcPerWorker,
    targetUtilization: settings.targetUtilization,
    burstEnabled: settings.burstEnabled,
    burstWindowMs: settings.burstWindowSeconds * 1000,
    burstRpsJump: settings.burstRpsJump,
    burstMinRps: settings.burstMinRps,
    burstAddWorkers: settings.burstAddWorkers,
    burstCooldownMs: settings.burstCooldownMs,
    memoryShare: settings.memoryShare,
    sleepAfterMs: settings.sleepAfter * 1000,
    deepSleepAfterMs: settings.deepSleepAfter * 1000,
  };
}
