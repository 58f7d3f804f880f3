import { fstatSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { z } from "zod";
import type { JsonObject } from "../../lib/json.ts";
import { parseExtension } from "./extension-schema.ts";
import { type ProductName, products } from "./products.ts";
import { startScimSimulator } from "./scim-simulator.ts";

// The simulator in a process of its own. Prints one line of JSON when it is ready; ends on SIGTERM, SIGINT, or, where
// standard input is a pipe, when the process that holds its other end is gone.
const options = {
  help: { type: "boolean", short: "h", default: false },
  host: { type: "string" },
  port: { type: "string", default: "0" },
  token: { type: "string" },
  log: { type: "boolean", default: false },
  "unique-external-id": { type: "boolean" },
  "unique-group-name": { type: "boolean" },
  extension: { type: "string", multiple: true },
  "no-wecom-extension": { type: "boolean" },
  "no-nested-groups": { type: "boolean" },
  "no-members": { type: "boolean" },
  "max-members": { type: "string" },
  "page-size": { type: "string", default: "200" },
  like: { type: "string" },
} as const;
const values = readOptions();
if (values.help) {
  process.stdout.write(usage());
  process.exit(0);
}
const simulator = await startScimSimulator({
  port: wholeNumber("port"),
  pageSize: wholeNumber("page-size"),
  log: values.log,
  // What is not said is as the product that it is like has it, or else as the RFCs do.
  ...(values.like === undefined ? {} : { like: productName(values.like) }),
  ...(values["max-members"] === undefined ? {} : { maxMembersPerPatch: wholeNumber("max-members") }),
  ...(values["unique-external-id"] ? { uniqueExternalId: true } : {}),
  ...(values["unique-group-name"] ? { uniqueGroupName: true } : {}),
  ...(values["no-wecom-extension"] ? { wecomExtension: false } : {}),
  ...(values["no-nested-groups"] ? { nestedGroups: false } : {}),
  ...(values["no-members"] ? { returnMembers: false } : {}),
  extensions: (values.extension ?? []).map(readExtension),
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
if (isPipe()) process.stdin.once("end", close).once("error", close).resume();

function readOptions() {
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${usage()}`);
    process.exit(2);
  }
}

function usage(): string {
  return `Usage: simulator scim [options]

  --port <n>            where it listens; any free port if not said
  --host <address>      default 127.0.0.1
  --token <text>        its bearer token; made if not said
  --like <product>      behaves otherwise than the RFCs say: ${Object.keys(products).join(", ")}
  --page-size <n>       resources in a page at most; default 200
  --max-members <n>     members in one PATCH at most; 0 (default): any number
  --no-members          groups come without their members
  --no-nested-groups    groups hold users only
  --extension <file>    an extension schema (RFC 7643 §7) that it has besides; may be given several times
  --no-wecom-extension  does not know the extension schema of WeCom's attributes
  --unique-external-id  no two resources of a type have the same externalId
  --unique-group-name   no two groups have the same displayName
  --log                 a line for each request
`;
}

/** A terminal or /dev/null does not say that a parent has gone. */
function isPipe(): boolean {
  try {
    const input = fstatSync(0);
    return input.isFIFO() || input.isSocket();
  } catch {
    return false;
  }
}

function readExtension(file: string): JsonObject {
  try {
    const schema = JSON.parse(readFileSync(file, "utf8")) as JsonObject;
    parseExtension(schema);
    return schema;
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message;
    process.stderr.write(`--extension ${file}: ${why}\n`);
    process.exit(2);
  }
}

function productName(name: string): ProductName {
  if (Object.hasOwn(products, name)) return name as ProductName;
  process.stderr.write(`--like ${name}: there are ${Object.keys(products).join(", ")}.\n`);
  process.exit(2);
}

function wholeNumber(name: "port" | "max-members" | "page-size"): number {
  const number = Number(values[name]);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  process.stderr.write(`--${name} is ${JSON.stringify(values[name])}; a whole number is expected.\n`);
  process.exit(2);
}
