import type { CallbackParts } from "../../src/http/hooks/callbacks.ts";
import { makeLog } from "../../src/lib/log.ts";

/** Of a server that gets no events. */
export const noCallbacks: CallbackParts = {
  store: { findSource: async () => null },
  openDoor: () => null,
  keepEvent: async () => {},
  log: makeLog("silent"),
};
