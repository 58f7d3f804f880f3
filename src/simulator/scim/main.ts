import { parseArgs } from "node:util";
import { startScimSimulator } from "./scim-simulator.ts";

// The simulator in a process of its own. Prints one line of JSON when it is ready; ends on SIGTERM, SIGINT, or when
// the process that holds its standard input is gone.
const { values } = parseArgs({
  options: {
    host: { type: "string" },
    port: { type: "string", default: "0" },
    token: { type: "string" },
    log: { type: "boolean", default: false },
    "unique-external-id": { type: "boolean", default: false },
    "unique-group-name": { type: "boolean", default: false },
    "no-wecom-extension": { type: "boolean", default: false },
    "no-nested-groups": { type: "boolean", default: false },
    "no-members": { type: "boolean", default: false },
    "max-members": { type: "string", default: "0" },
    "page-size": { type: "string", default: "200" },
  },
});
const simulator = await startScimSimulator({
  port: wholeNumber("port"),
  maxMembersPerPatch: wholeNumber("max-members"),
  pageSize: wholeNumber("page-size"),
  log: values.log,
  uniqueExternalId: values["unique-external-id"],
  uniqueGroupName: values["unique-group-name"],
  wecomExtension: !values["no-wecom-extension"],
  nestedGroups: !values["no-nested-groups"],
  returnMembers: !values["no-members"],
  ...(values.host === undefined ? {} : { host: values.host }),
  ...(values.token === undefined ? {} : { token: values.token }),
});
const { url, pageUrl, controlUrl } = simulator;
// A token that was given is known to the one who gave it.
const made = values.token === undefined ? { token: simulator.token } : {};
process.stdout.write(`${JSON.stringify({ url, pageUrl, controlUrl, ...made, pid: process.pid })}\n`);

let closing = false;
const close = async (): Promise<void> => {
  if (closing) return;
  closing = true;
  await simulator.close();
  process.exit(0);
};
process.once("SIGTERM", close);
process.once("SIGINT", close);
process.stdin.once("end", close).once("error", close).resume();

function wholeNumber(name: "port" | "max-members" | "page-size"): number {
  const number = Number(values[name]);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  process.stderr.write(`--${name} is ${JSON.stringify(values[name])}; a whole number is expected.\n`);
  process.exit(2);
}
