import type { ResourceType } from "../scim/resource.ts";
import type { RecordKind } from "../source/source.ts";
import type { CurrentResource, Lease } from "./engine.ts";
import type { Page } from "./task-store.ts";

// What an undo has put back is not what the source says. It is kept as it is until the source says something else: its
// record, what surrounds it, or the mapping is another one than when it was put back.

/** In the place of a mapping's version, on a resource that an undo has put back: no mapping made it so. */
export const undoneMark = "undone";

/** By what it is known later that the source says something else: what it said, and the mapping, before the undo. */
export interface KeptBasis {
  /** Null: the source had no record. */
  readonly fingerprint: string | null;
  readonly mappingVersion: string;
}

/** A resource that is kept as an undo has left it. */
export interface Kept {
  readonly resourceId: string;
  readonly resourceType: ResourceType;
  readonly externalId: string | null;
  readonly displayName: string | null;
  /** Ids of its source, of the undo and of the task that was taken back. */
  readonly source: string;
  readonly task: string;
  readonly undoes: string;
  readonly since: number;
  /** True: the source has no record of it; it stays until it is in the source again, whatever the mapping. */
  readonly isGone: boolean;
  /** Let go by an administrator; the next whole read of the source takes it away. */
  readonly isEnded: boolean;
}

/** Whom undos keep, for people. */
export interface KeptReader {
  /** In order of their ids. */
  listKept(query: {
    readonly source?: string;
    readonly task?: string;
    readonly cursor?: string;
    readonly limit: number;
  }): Promise<Page<Kept>>;
  findKept(resourceId: string): Promise<Kept | null>;
  /** The source's word counts again from its next sync on, for one resource or all of an undo; how many were kept. */
  endKept(whose: { readonly resourceId: string } | { readonly task: string }): Promise<number>;
}

/** Whom undos keep, for the syncs. */
export interface KeptStore {
  /**
   * Those of these resources whose source, and the mapping, say the same as when an undo put them back.
   *
   * @param mappingVersions what the mapping in force is known by
   */
  keptAmong(sourceId: string, mappingVersions: readonly string[], ids: readonly string[]): Promise<ReadonlySet<string>>;
  /**
   * A page of what is there and the source has no record of, in order of ids: undos have brought it back.
   *
   * @param all false: only what no undo keeps, be it that an administrator let go of it
   */
  listUnrecorded(
    sourceId: string,
    kind: RecordKind,
    page: { readonly all: boolean; readonly after: string; readonly limit: number },
  ): Promise<readonly CurrentResource[]>;
  /**
   * Keeps no longer what the source, or the mapping, says something else of by now. After a sync has applied that.
   *
   * @param mappingVersions as above; null: the mapping is not asked about
   */
  releaseKept(lease: Lease, sourceId: string, mappingVersions: readonly string[] | null): Promise<void>;
  /** Of what an undo keeps by one version of a mapping, goes by another name of the same version from now on. */
  renameKeptVersion(lease: Lease, taskId: string, from: string, to: string): Promise<void>;
}
