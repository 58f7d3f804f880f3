import type { z } from "zod";
import type { administratorView } from "../../http/admin/administrator-schemas.ts";
import type { auditView } from "../../http/admin/audit.ts";
import type { consentSummary, consentView } from "../../http/admin/consents.ts";
import type { departmentView } from "../../http/admin/custom-source.ts";
import type { valueView } from "../../http/admin/history.ts";
import type { caseView } from "../../http/admin/identity-cases.ts";
import type { importView } from "../../http/admin/imports.ts";
import type { unitView } from "../../http/admin/organisation.ts";
import type { brief, personView } from "../../http/admin/people-list.ts";
import type { authorizationView, providerView } from "../../http/admin/provider-schemas.ts";
import type {
  draftView,
  fileContent,
  fileView,
  impactView,
  previewView,
  versionContent,
  versionView,
} from "../../http/admin/schema-file-schemas.ts";
import type { clientView } from "../../http/admin/scim-clients.ts";
import type { sourceView } from "../../http/admin/source-schemas.ts";
import type { profileView, summaryView } from "../../http/admin/target-profiles.ts";
import type { linkView, targetView } from "../../http/admin/target-schemas.ts";
import type { plannedRequest, recordView, taskView } from "../../http/admin/task-schemas.ts";
import type { testResult } from "../../http/admin/test-schemas.ts";
import type { groupView, memberView } from "../../http/admin/user-groups.ts";

// What the management API answers, by its own schemas.

export type Source = z.output<typeof sourceView>;
export type Target = z.output<typeof targetView>;
export type Task = z.output<typeof taskView>;
export type SyncRecord = z.output<typeof recordView>;
export type TestResult = z.output<typeof testResult>;
export type Provider = z.output<typeof providerView>;
export type Authorization = z.output<typeof authorizationView>;
export type Consent = z.output<typeof consentView>;
export type ConsentSummary = z.output<typeof consentSummary>;
export type IdentityCase = z.output<typeof caseView>;
export type WrittenValue = z.output<typeof valueView>;
export type PersonBrief = z.output<typeof brief>;
export type Person = z.output<typeof personView>;
export type Unit = z.output<typeof unitView>;
export type LinkView = z.output<typeof linkView>;
export type ProfileSummary = z.output<typeof summaryView>;
export type Profile = z.output<typeof profileView>;
export type UserGroup = z.output<typeof groupView>;
export type GroupMember = z.output<typeof memberView>;
export type ScimClient = z.output<typeof clientView>;
export type AuditRecord = z.output<typeof auditView>;
export type Administrator = z.output<typeof administratorView>;
export type PlannedRequest = z.output<typeof plannedRequest>;
export type SchemaFileContent = z.output<typeof fileContent>;
export type FileVersion = z.output<typeof versionView>;
export type FileVersionContent = z.output<typeof versionContent>;
export type FileDraft = z.output<typeof draftView>;
export type MappingPreview = z.output<typeof previewView>;
export type MappingImpact = z.output<typeof impactView>;
export type CustomDepartment = z.output<typeof departmentView>;
export type Import = z.output<typeof importView>;
export type SchemaFile = z.output<typeof fileView>;

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
}

/** Who is signed in. */
export interface Session {
  readonly administrator: { readonly id: string; readonly name: string; readonly role: "administrator" | "auditor" };
  readonly csrfToken: string | null;
  readonly expiresAt: string | null;
}
