import { type Command, Option } from "commander";
import { z } from "zod";
import { administratorAnswer, administratorsAnswer, newAdministratorAnswer } from "./answers.ts";
import { makeApiClient } from "./api-client.ts";
import type { CliParts } from "./parts.ts";
import { plain, table } from "./text.ts";

interface Json {
  readonly json: boolean;
}

/** `administrator`: who may use the management API. Of a new token standard output is the token alone, for scripts. */
export function addAdministrator(program: Command, parts: CliParts, end: (exitCode: number) => void): void {
  const group = program.command("administrator").description("accounts of administrators and auditors");
  group
    .command("list")
    .description("lists the accounts")
    .option("--json", "prints JSON", false)
    .action(async ({ json }: Json) => end(await list(parts, json)));
  group
    .command("create")
    .description("makes an account and prints its token, this once")
    .argument("<name>", "name of the account; it stays")
    .addOption(
      new Option("--role <role>", "what it may do: an auditor changes nothing")
        .choices(["administrator", "auditor"])
        .makeOptionMandatory(),
    )
    .option("--json", "prints JSON", false)
    .action(async (name: string, { role, json }: Json & { readonly role: string }) =>
      end(await showToken(parts, "/administrators", { name, role }, json)),
    );
  group
    .command("delete")
    .description("deletes an account: its token and its sessions end")
    .argument("<name>", "name or id of the account")
    .action(async (name: string) => {
      const client = makeApiClient(parts);
      const path = `/administrators/${encodeURIComponent(name)}`;
      const account = await client.call("GET", path, administratorAnswer);
      await client.call("DELETE", path, z.null());
      parts.stdout.write(`The ${account.role} ${plain(account.name)} is deleted.\n`);
      end(0);
    });
  group
    .command("token")
    .description("makes another token of an account and prints it, this once; the old one and all sessions end")
    .argument("<name>", "name or id of the account")
    .option("--json", "prints JSON", false)
    .action(async (name: string, { json }: Json) =>
      end(await showToken(parts, `/administrators/${encodeURIComponent(name)}/token`, undefined, json)),
    );
}

async function list(parts: CliParts, json: boolean): Promise<number> {
  const { items } = await makeApiClient(parts).call("GET", "/administrators?limit=500", administratorsAnswer);
  const rows = items.map(({ name, role, status, hasPassword, lastSeenAt }) => [
    name,
    role,
    status,
    hasPassword ? "yes" : "no",
    lastSeenAt ?? "",
  ]);
  const text = json
    ? `${JSON.stringify(items, null, 2)}\n`
    : table([["NAME", "ROLE", "STATUS", "PASSWORD", "LAST SEEN"], ...rows]);
  parts.stdout.write(text);
  return 0;
}

async function showToken(parts: CliParts, path: string, body: object | undefined, json: boolean): Promise<number> {
  const account = await makeApiClient(parts).call("POST", path, newAdministratorAnswer, body);
  if (!json) parts.stderr.write(`Token of ${plain(account.name)} (${account.role}). It is not shown again:\n`);
  parts.stdout.write(`${json ? JSON.stringify(account, null, 2) : account.token}\n`);
  return 0;
}
