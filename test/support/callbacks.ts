import type { CallbackParts } from "../../src/http/hooks/callbacks.ts";
import type { SuiteParts } from "../../src/http/hooks/suite.ts";
import { makeLog } from "../../src/lib/log.ts";

/** Of a server that gets no events. */
export const noCallbacks: CallbackParts = {
  store: { findSource: async () => null },
  openDoor: () => null,
  keepEvent: async () => {},
  log: makeLog("silent"),
};

/** Of a server without service providers. */
export const noSuites: SuiteParts = {
  store: {
    findProvider: async () => null,
    keepTicket: async () => false,
    keepCode: async () => false,
    corpChanged: async () => {},
    corpCancelled: async () => [],
    findRequest: async () => null,
    listAuthorizations: async () => [],
    listSources: async () => [],
  },
  openSuiteDoor: () => {
    throw new Error("there is no provider");
  },
  keepEvent: async () => {},
  nudge: () => {},
  clock: Date.now,
  log: makeLog("silent"),
};
