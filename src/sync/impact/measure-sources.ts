import type { CompiledMapping } from "../../mapping/mapping.ts";
import type { MappingProgram } from "../../mapping/program.ts";
import type { SchemaCatalog } from "../../scim/catalog.ts";
import type {
  DirectoryStore,
  GivenReader,
  RecordStore,
  SourceStore,
  TargetRow,
  TargetStore,
} from "../../store/store.ts";
import { type Target, TargetError } from "../../target/target.ts";
import type { EngineEdges } from "../run-task.ts";
import type { SourceImpact } from "./impact.ts";
import { measureSource } from "./measure-source.ts";
import type { TargetGuardStore } from "./target-guard.ts";
import { blindLens, openLens, type TargetLens } from "./target-lens.ts";

export interface MeasureSourcesParts extends Pick<EngineEdges, "openTarget"> {
  readonly store: RecordStore & DirectoryStore & GivenReader & SourceStore & TargetStore & TargetGuardStore;
  /** The schemas in force. */
  readonly catalog: SchemaCatalog;
  /** The mapping of this name that is in force. */
  readonly currentOf: (mapping: string) => CompiledMapping | null;
  readonly clock: () => number;
  readonly signal: AbortSignal;
}

/** What a mapping would change of each of these sources (ids), and at their targets. Those that are gone are left out. */
export async function measureSources(
  parts: MeasureSourcesParts,
  candidate: MappingProgram,
  sources: readonly string[],
): Promise<readonly SourceImpact[]> {
  const impacts: SourceImpact[] = [];
  for (const id of sources) {
    const row = await parts.store.findSource(id);
    if (row === null) continue;
    const current = parts.currentOf(row.settings.mapping);
    impacts.push(await withLenses(parts, id, (lenses) => measureSource({ ...parts, row, candidate, current, lenses })));
  }
  return impacts;
}

/** One look at each target that gets what a source has. */
async function withLenses<T>(
  { store, openTarget, catalog, clock, signal }: MeasureSourcesParts,
  sourceId: string,
  work: (lenses: readonly TargetLens[]) => Promise<T>,
): Promise<T> {
  const rows = (await store.listTargets()).filter(
    ({ status, settings }) => status === "enabled" && settings.sources.includes(sourceId),
  );
  const targets: Target[] = [];
  const openOne = async (row: TargetRow): Promise<TargetLens> => {
    let opened: ReturnType<typeof openTarget>;
    try {
      opened = openTarget(row);
    } catch (error) {
      if (error instanceof TargetError) return blindLens(row, error.message);
      throw error;
    }
    targets.push(opened.target);
    return openLens({ row, ...opened, store, sourceId, catalog, clock, signal });
  };
  try {
    return await work(await Promise.all(rows.map(openOne)));
  } finally {
    await Promise.all(targets.map((target) => target.close()));
  }
}
