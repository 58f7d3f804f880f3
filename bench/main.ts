import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { benchCallback } from "./callback.ts";
import { benchEndpoint } from "./endpoint.ts";
import { type Figure, table } from "./figures.ts";
import { benchGroup } from "./group.ts";
import { benchMapping } from "./mapping.ts";
import { benchMemory } from "./memory.ts";
import { type BenchOptions, benchNames, parseOptions } from "./options.ts";
import { benchPush } from "./push.ts";
import { benchSync } from "./sync.ts";

// Measures the compiled program, each of its parts in a process of its own, against programs that do the same work and
// nothing else. See docs/performance.md.

const benches: Readonly<Record<string, (options: BenchOptions) => Promise<readonly Figure[]>>> = {
  mapping: ({ dist }) => benchMapping(dist),
  small: ({ dist, users }) => benchSync(dist, Math.max(100, users / 10), 3),
  push: ({ dist, users }) => benchPush(dist, Math.max(100, users / 10), 3),
  group: ({ dist, users }) => benchGroup(dist, Math.max(100, users / 2)),
  callback: ({ dist, users, seconds }) => benchCallback(dist, users, 6 * seconds),
  large: ({ dist, users }) => benchSync(dist, users, 1),
  memory: ({ dist, users }) => benchMemory(dist, users),
  endpoint: ({ dist, users, seconds }) => benchEndpoint(dist, users, seconds),
};

const options = parseOptions(process.argv.slice(2));
const names = options.only.length > 0 ? options.only : benchNames.filter((name) => name !== "memory");
const figures: Figure[] = [];
for (const name of names) {
  process.stderr.write(`${name} …\n`);
  const found = (await benches[name]?.(options)) ?? [];
  figures.push(...found);
  process.stderr.write(`${table(found)}\n\n`);
}
process.stdout.write(`${table(figures)}\n`);
const directory = new URL("./results/", import.meta.url);
mkdirSync(directory, { recursive: true });
const file = new URL(`${new Date().toISOString().replaceAll(/[:.]/g, "-")}.json`, directory);
const machine = {
  node: process.version,
  cores: availableParallelism(),
  platform: `${process.platform}-${process.arch}`,
};
writeFileSync(file, `${JSON.stringify({ machine, options, figures }, null, 2)}\n`);
