import type { ConsentParts } from "../../src/http/consent/routes.ts";

/** For tests of the whole server that are about something else: no source is there. */
export const noConsent: ConsentParts = {
  store: { findSource: async () => null } as unknown as ConsentParts["store"],
  page: { fields: async () => null, address: async () => null, receive: async () => null },
  onMarked: () => {},
  publicUrl: "https://bridge.example.com",
  clock: Date.now,
  log: { warn() {}, error() {}, info() {}, isLevelEnabled: () => false } as unknown as ConsentParts["log"],
};
