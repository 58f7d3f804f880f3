import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { canonicalJson, type JsonObject } from "../src/lib/json.ts";
import type { CompiledMapping, UserInput } from "../src/mapping/mapping.ts";
import { alone, type Figure, median, slower } from "./figures.ts";
import { startCorp } from "./lib/corp.ts";
import { mapByHand } from "./map-by-hand.ts";

const rounds = 5;

/** The default mapping, as it is compiled from its file, against the same mapping written by hand. */
export async function benchMapping(dist: string): Promise<readonly Figure[]> {
  const inputs = await makeInputs(dist);
  const mapping = await loadMapping(dist);
  for (const input of inputs) {
    if (canonicalJson(mapping.mapUser(input).document) !== canonicalJson(mapByHand(input))) {
      throw new Error(`the two mappings differ for ${input.user.key}`);
    }
  }
  const ours: number[] = [];
  const floor: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    ours.push(perMember(inputs, (input) => mapping.mapUser(input).document));
    floor.push(perMember(inputs, mapByHand));
  }
  const ms = median(ours);
  const figure = slower("mapping one member", ms, median(floor), null);
  const text = (value: number): string => `${(value * 1000).toFixed(2)} µs`;
  return [
    { ...figure, ours: text(ms), floor: text(median(floor)), goal: "≤ 10 µs", met: ms <= 0.01 },
    alone("    members in a second, one core", Math.round(1000 / ms).toLocaleString("en")),
  ];
}

/** Milliseconds for one member. */
function perMember(inputs: readonly UserInput[], map: (input: UserInput) => JsonObject): number {
  const startedAt = performance.now();
  let attributes = 0;
  for (const input of inputs) attributes += Object.keys(map(input)).length;
  const ms = performance.now() - startedAt;
  if (attributes === 0) throw new Error("nothing was mapped");
  return ms / inputs.length;
}

async function makeInputs(dist: string): Promise<readonly UserInput[]> {
  const corp = await startCorp(dist, 20_000);
  try {
    const { members, departments } = await corp.visibleTruth();
    const contexts = new Map(
      departments.map(
        ({ id, name = "" }) => [String(id), { key: String(id), name, path: name, parent: null, leaders: [] }] as const,
      ),
    );
    const source = { organization: null, namespace: null, unseenFields: new Set<string>() };
    return members.map((member): UserInput => {
      const raw = JSON.parse(JSON.stringify(member)) as JsonObject;
      const keys = (member.department ?? []).map(String);
      const main = member.main_department === undefined ? null : String(member.main_department);
      return {
        user: {
          kind: "user",
          key: member.userid.toLowerCase(),
          raw,
          departments: keys,
          mainDepartment: main,
          managers: [],
        },
        departments: keys.flatMap((key) => contexts.get(key) ?? []),
        mainDepartment: (main === null ? null : contexts.get(main)) ?? null,
        tags: [],
        source,
      };
    });
  } finally {
    await corp.stop();
  }
}

async function loadMapping(dist: string): Promise<Pick<CompiledMapping, "mapUser">> {
  const built = (file: string) => import(pathToFileURL(resolve(dist, file)).href);
  const { parseExtension } = (await built("mapping/extension.js")) as typeof import("../src/mapping/extension.ts");
  const { compileMappingText } = (await built("mapping/compile.js")) as typeof import("../src/mapping/compile.ts");
  const read = (file: string) => readFileSync(new URL(`../schemas/${file}`, import.meta.url), "utf8");
  const extensions = [parseExtension(read("extensions/wecom.json"), "extensions/wecom.json")];
  return compileMappingText({ name: "wecom", text: read("mappings/wecom.json"), extensions });
}
