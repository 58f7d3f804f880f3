import type { Page } from "./task-store.ts";

// Versions of the files that people edit: what was in force, what is, and what is still a draft.

/** Which files have versions: mappings, and the extension schemas that they write to. */
export type SchemaKind = "mapping" | "extension";

/** `draft`: saved, never in force. `active`: in force now. `former`: was in force once. */
export type SchemaVersionState = "draft" | "active" | "former";

/** A version without its text, for lists. */
export interface SchemaVersionSummary {
  readonly kind: SchemaKind;
  /** The file's name without `.json`. */
  readonly name: string;
  /**
   * From 1, for each file. It stands for the same text as long as the file has versions: only a file that was never in
   * force can be forgotten, with all its drafts, and begin anew.
   */
  readonly version: number;
  readonly state: SchemaVersionState;
  /** How it came to be what it is: a file that was edited, or the API. */
  readonly origin: "file" | "api";
  /** Of what it means: two texts that do the same have the same one. */
  readonly hash: string;
  readonly createdAt: number;
  /** When it last came into force; null for a draft. */
  readonly activatedAt: number | null;
}

export interface SchemaVersion extends SchemaVersionSummary {
  /** The file as it was written. */
  readonly text: string;
  /** Of a mapping: the extension files that it was compiled with, by name. So it can be compiled again at any time. */
  readonly extensions: Readonly<Record<string, string>>;
}

/** The newest version of a file. */
export interface NewestSchema extends SchemaVersionSummary {
  /** When a version of the file last came into force, whichever; null where none ever was. */
  readonly lastActivatedAt: number | null;
}

/** A text that was judged and found good. */
export type SchemaContent = Pick<SchemaVersion, "kind" | "name" | "text" | "hash" | "extensions">;

export interface SchemaVersionStore {
  /** What is in force, of every file. */
  activeSchemas(): Promise<readonly SchemaVersion[]>;
  /** The same without texts, in the same order. */
  activeSchemaSummaries(): Promise<readonly SchemaVersionSummary[]>;
  /** Whether a version with this text was in force once, and is not now. */
  wasInForce(kind: SchemaKind, name: string, text: string): Promise<boolean>;
  /** Newest first. The cursor is a version number. */
  listSchemaVersions(
    kind: SchemaKind,
    name: string,
    query: { readonly cursor?: string; readonly limit: number },
  ): Promise<Page<SchemaVersionSummary>>;
  /** The newest version of each file of a kind, of files that are nothing but drafts too. */
  newestSchemas(kind: SchemaKind): Promise<readonly NewestSchema[]>;
  /** The drafts of all files of a kind, those that were saved last first. */
  schemaDrafts(kind: SchemaKind): Promise<readonly SchemaVersionSummary[]>;
  findSchemaVersion(kind: SchemaKind, name: string, version: number): Promise<SchemaVersion | null>;
  /** Keeps a text as a draft. One that is kept already keeps its number: a draft counts as saved now, others stay as they are. */
  saveDraft(content: SchemaContent): Promise<SchemaVersion>;
  /**
   * Brings a text into force: as the version that it is already, or as a new one.
   *
   * @param expected the version that the caller took for the one in force; null for none
   * @returns null when another one is in force by now: look again
   */
  activateSchema(
    content: SchemaContent,
    options: { readonly origin: "file" | "api"; readonly expected: number | null },
  ): Promise<SchemaVersion | null>;
  /** From now on no version of this file is in force. False when that changed meanwhile. */
  retireSchema(kind: SchemaKind, name: string, expected: number): Promise<boolean>;
  /** Drops the drafts of a file that was never in force, and with them the file. */
  removeDrafts(kind: SchemaKind, name: string): Promise<void>;
  /** Drops drafts that nobody activated in time. The newest version of a file stays, so that its number is not given anew. */
  pruneDrafts(before: number): Promise<void>;
}
