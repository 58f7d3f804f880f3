import { useTranslations } from "use-intl";
import { ApiProblem, Unreachable } from "../api/problem.ts";

/**
 * What to tell of an error: the bridge's own sentence, which says what to do, after what kind of refusal it is.
 */
export function useProblemText(): (error: unknown) => string {
  const t = useTranslations("problem");
  return (error) => {
    if (error instanceof Unreachable) return t("unreachable");
    if (!(error instanceof ApiProblem)) return error instanceof Error ? error.message : String(error);
    if (error.status === 401) return t("unknownCredentials");
    const known = kinds.find((code) => code === error.code);
    return known === undefined ? error.message : t("said", { kind: t(`kind.${known}`), detail: error.message });
  };
}

const kinds = [
  "invalid-request",
  "forbidden",
  "not-found",
  "name-taken",
  "limit-reached",
  "conflict",
  "plan-moved",
  "too-large",
  "busy",
  "too-many-attempts",
  "upstream",
  "internal",
] as const;
