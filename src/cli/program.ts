import { Command, CommanderError } from "commander";
import { ConfigError } from "../config.ts";
import { StartError } from "../lib/start-error.ts";
import { addAdministrator } from "./administrator.ts";
import { addApply } from "./apply.ts";
import { addApprove } from "./approve.ts";
import { addDemo } from "./demo.ts";
import { addExport } from "./export.ts";
import { addHeld } from "./held.ts";
import { addIdentity } from "./identity.ts";
import { addMapping } from "./mapping.ts";
import { CliError, type CliParts } from "./parts.ts";
import { addPlan } from "./plan.ts";
import { addProvision } from "./provision.ts";
import { addRecords } from "./records.ts";
import { addServe } from "./serve.ts";
import { addSimulator } from "./simulator.ts";
import { addSource } from "./source.ts";
import { addSync } from "./sync.ts";
import { addTarget } from "./target.ts";
import { addTask } from "./task.ts";
import { plain } from "./text.ts";
import { addToken } from "./token.ts";
import { addUndo } from "./undo.ts";
import { addVerify } from "./verify.ts";

/**
 * Runs the command line and answers its exit code: 0 done, 1 failed, partial or held, 2 wrong usage or environment.
 *
 * @param args what follows the program's name
 */
export async function runCli(parts: CliParts, args: readonly string[]): Promise<number> {
  let exitCode = 0;
  const program = makeProgram(parts, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync([...args], { from: "user" });
    return exitCode;
  } catch (error) {
    // Commander has printed its message already; its help and version end with 0.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof ConfigError) {
      for (const problem of error.problems) parts.stderr.write(`${plain(problem)}\n`);
      return 2;
    }
    if (error instanceof StartError) {
      for (const line of error.message.split("\n")) parts.stderr.write(`${plain(line)}\n`);
      return 1;
    }
    if (error instanceof CliError) {
      parts.stderr.write(`${error.message}\n`);
      return error.exitCode;
    }
    throw error;
  }
}

/**
 * All commands.
 *
 * @param end is called with the exit code of the command that ran
 */
export function makeProgram(parts: CliParts, end: (exitCode: number) => void): Command {
  const program = new Command("wecom-scim-bridge")
    .description("Brings the people of a WeCom directory to identity platforms as SCIM 2.0 Users and Groups.")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => parts.stdout.write(text),
      writeErr: (text) => parts.stderr.write(text),
    })
    .showHelpAfterError("(--help shows what there is)")
    .enablePositionalOptions()
    .addHelpText(
      "after",
      `
Environment:
  BRIDGE_URL    the server that commands talk to (http://127.0.0.1:8080)
  BRIDGE_TOKEN  an administrator's token

Exit codes: 0 done, 1 failed, partial or held, 2 wrong usage`,
    );
  addServe(program, parts, end);
  addDemo(program, parts, end);
  addSource(program, parts, end);
  addTarget(program, parts, end);
  addSync(program, parts, end);
  addPlan(program, parts, end);
  addTask(program, parts, end);
  addUndo(program, parts, end);
  addHeld(program, parts, end);
  addApprove(program, parts, end);
  addIdentity(program, parts, end);
  addVerify(program, parts, end);
  addProvision(program, parts, end);
  addRecords(program, parts, end);
  addApply(program, parts, end);
  addExport(program, parts, end);
  addToken(program, parts, end);
  addAdministrator(program, parts, end);
  addMapping(program, parts, end);
  addSimulator(program, parts, end);
  return program;
}
