import { Alert, Button } from "antd";
import { useTranslations } from "use-intl";
import type { ProblemItem } from "../../api/problem.ts";

interface MistakesProps {
  readonly kind: "error" | "warning";
  readonly items: readonly Pick<ProblemItem, "pointer" | "detail" | "line" | "column">[];
  /** Leads to the place in the text. */
  readonly onGo: (line: number, column: number) => void;
}

/** What is wrong with a file, each with the way to its place. */
export function Mistakes({ kind, items, onGo }: MistakesProps) {
  const t = useTranslations("schemas");
  if (items.length === 0) return null;
  return (
    <Alert
      type={kind}
      showIcon
      title={t(kind === "error" ? "mistakes" : "warnings", { count: items.length })}
      description={
        <ul style={{ margin: 0, paddingInlineStart: 20 }}>
          {items.map(({ pointer, detail, line, column }) => (
            <li key={`${pointer} ${line} ${detail}`} style={{ overflowWrap: "anywhere" }}>
              {line != null && (
                <Button type="link" size="small" style={{ padding: 0 }} onClick={() => onGo(line, column ?? 1)}>
                  {t("atLine", { line })}
                </Button>
              )}{" "}
              {pointer !== undefined && pointer !== "" && <code>{pointer}</code>} {detail}
            </li>
          ))}
        </ul>
      }
    />
  );
}
