import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

/** A program in a process of its own. */
export interface Running {
  readonly pid: number;
  /** The line with which it said that it was ready. */
  readonly ready: string;
  stop(): Promise<void>;
}

export interface ProgramOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Where its line comes; standard output if absent. */
  readonly says?: "stdout" | "stderr";
  /** What the line that says that it is ready looks like; the first line if absent. */
  readonly when?: RegExp;
}

/** Starts `node` with these arguments and waits until it says that it is ready. */
export async function startProgram(args: readonly string[], options: ProgramOptions = {}): Promise<Running> {
  const { env, says = "stdout", when = /./ } = options;
  const child = spawn(process.execPath, [...args], {
    stdio: ["pipe", says === "stdout" ? "pipe" : "ignore", says === "stderr" ? "pipe" : "inherit"],
    env: { ...process.env, ...env },
  });
  const ready = await lineOf(child, says === "stdout" ? child.stdout : child.stderr, when);
  return {
    pid: child.pid ?? 0,
    ready,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      await ended;
    },
  };
}

/** Runs a program of this folder to its end; what it printed, as JSON. */
export async function runProgram<T>(file: string, input: object): Promise<T> {
  const program = new URL(`../${file}`, import.meta.url).pathname;
  const child = spawn(process.execPath, ["--import", "tsx", program], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(child, "exit");
  child.stdin.end(JSON.stringify(input));
  let text = "";
  for await (const chunk of child.stdout) text += String(chunk);
  const [code] = await ended;
  if (code !== 0) throw new Error(`${file} ended with ${String(code)}`);
  return JSON.parse(text) as T;
}

/** What a program of this folder was told on standard input. */
export function readInput<T>(): T {
  return JSON.parse(readFileSync(0, "utf8")) as T;
}

/** The most memory that a process ever had resident, in MB; of this process's threads all together. Linux only. */
export function peakRssMb(pid: number): number {
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kilobytes) / 1024;
}

/** Processor time that a process has used so far, its threads and the system's part together. Milliseconds. Linux only. */
export function processorMs(pid: number): number {
  // After the name in brackets: state is field 3, utime 14, stime 15, in ticks of a hundredth of a second (proc(5)).
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /s, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

async function lineOf(child: ChildProcess, stream: Readable | null, when: RegExp): Promise<string> {
  if (stream === null) throw new Error("the program has no output");
  const lines = createInterface({ input: stream });
  const found = new Promise<string>((resolve) => {
    lines.on("line", (line) => {
      if (when.test(line)) resolve(line);
      else if (stream === child.stderr) process.stderr.write(`${line}\n`);
    });
  });
  const line = await Promise.race([found, once(child, "exit")]);
  if (typeof line !== "string") throw new Error(`the program ended with ${String(line[0])} before it was ready`);
  return line;
}
