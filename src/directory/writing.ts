import type { ResourceType } from "../scim/resource.ts";
import type { ResourceRow, RuleOutcome, VisibleSources } from "../store/store.ts";

/** Who writes to our own directory, and what he sees of it. */
export interface Writer {
  readonly access: "read" | "write";
  /** The SCIM client that it is; absent: an administrator. */
  readonly id?: string;
  /** Of either. */
  readonly name?: string;
  /** With {@link userGroups} among them where he may see those. */
  readonly sources: VisibleSources;
  /** What the filter of a dynamic group is to look at, where he says so. */
  readonly ruleSources?: VisibleSources;
}

/** Whether a version of a resource is one that the writer knows (RFC 7644 §3.14, `If-Match`). */
export type Precondition = (current: ResourceRow) => boolean;

/** What came of a write. */
export interface Written {
  readonly row: ResourceRow;
  /** Whether anything is another than before. */
  readonly changed: boolean;
  /** Whether the request was about members: of those an answer need not tell. */
  readonly concernsMembers: boolean;
}

/**
 * Writing to our own directory, as SCIM has it: people and departments of the custom source, and user groups. What comes
 * from another source is changed there. Each call is one transaction; what it throws has changed nothing.
 */
export interface DirectoryWriting {
  /**
   * A person for the custom source, or a user group (RFC 7644 §3.3). The body is JSON text, parsed JSON, or the error that
   * kept it from being read.
   *
   * @throws {ScimError} 400 invalidSyntax, invalidValue; 403 where he may not, or nothing can be written to; 409 uniqueness
   */
  create(type: ResourceType, body: unknown, writer: Writer): Promise<Written>;
  /** RFC 7644 §3.5.1. @throws {ScimError} as `create`, 400 mutability, 404, 412 */
  replace(type: ResourceType, id: string, body: unknown, writer: Writer, isKnown?: Precondition): Promise<Written>;
  /** RFC 7644 §3.5.2. @throws {ScimError} as `replace`, 400 invalidPath, noTarget */
  modify(type: ResourceType, id: string, body: unknown, writer: Writer, isKnown?: Precondition): Promise<Written>;
  /** RFC 7644 §3.6. @throws {ScimError} 403, 404, 412 */
  remove(type: ResourceType, id: string, writer: Writer, isKnown?: Precondition): Promise<void>;
}

/** Dynamic groups, for administrators. */
export interface GroupEvaluation {
  /**
   * Who would come to a dynamic group and leave it, were everybody looked at now; `apply`: and so it is done, past the
   * safeguards.
   *
   * @throws {ScimError} as `remove`; 409 for a group with a list of members; 400 invalidValue for a filter that cannot be
   * understood any more
   */
  evaluate(id: string, writer: Writer, options: { readonly apply: boolean }): Promise<RuleOutcome>;
}
