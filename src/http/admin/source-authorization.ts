import type { SourceRow } from "../../store/store.ts";
import { invalid } from "../problem.ts";
import type { AdminParts } from "./parts.ts";
import { boundSource, stateOf } from "./provider-views.ts";
import type { SourceForm } from "./source-schemas.ts";

/**
 * A form that names what a corp authorised, with what follows from that: the corp, and where WeCom is called. Any other form
 * as it is.
 *
 * @param stored the row that the form changes, or null for a new source
 * @throws ProblemError 400 for an authorisation that cannot be used
 */
export async function bindAuthorization(
  form: SourceForm,
  stored: SourceRow | null,
  { store, clock }: Pick<AdminParts, "store" | "clock">,
): Promise<SourceForm> {
  if (form.type !== "wecom" || form.wecom.authorization === undefined) return form;
  const { authorization: id, corpId: said } = form.wecom;
  const refuse = (detail: string) => invalid([{ pointer: "/wecom/authorization", detail }]);
  const row = await store.findAuthorization(id);
  const isSame = stored?.settings.wecom?.authorization === id;
  if (row === null || row.corpId === null) {
    // Of a source that is disabled everything else can still be changed.
    if (isSame && row === null && form.status === "disabled") return form;
    throw refuse(row === null ? "is not known" : `is not there yet: its state is "${stateOf(row, clock())}"`);
  }
  if (row.status !== "authorised" && !(isSame && form.status === "disabled")) {
    throw refuse(`is "${row.status}": have the corp authorise the app again, and name the new authorisation`);
  }
  const other = boundSource(id, await store.listSources());
  if (other !== undefined && other.id !== stored?.id) throw refuse(`is used by the source "${other.name}"`);
  // Also where the form says another corp than the source is of: whoever was read before would have left, all at once.
  const own = stored?.settings.wecom?.corpId ?? said;
  if (own !== undefined && own !== row.corpId) {
    const whose = stored === null ? "wecom.corpId says" : "this source is of";
    throw refuse(`is of the corp ${row.corpId}, and ${whose} ${own}: make a source of its own for another corp`);
  }
  if (said !== undefined && said !== row.corpId)
    throw refuse(`is of the corp ${row.corpId}, and wecom.corpId says ${said}`);
  const provider = await store.findProvider(row.providerId);
  const apiBaseUrl = form.wecom.apiBaseUrl ?? provider?.settings.apiBaseUrl;
  const proxy = form.wecom.proxy ?? provider?.secrets["/proxy"] ?? provider?.settings.proxy;
  return {
    ...form,
    wecom: {
      ...form.wecom,
      corpId: row.corpId,
      ...(apiBaseUrl !== undefined && { apiBaseUrl }),
      ...(proxy !== undefined && { proxy }),
    },
  };
}
