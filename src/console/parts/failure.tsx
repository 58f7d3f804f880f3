import { Alert, Button } from "antd";
import { useTranslations } from "use-intl";
import { ApiProblem } from "../api/problem.ts";
import { useProblemText } from "./problem-text.ts";

interface FailureProps {
  readonly error: unknown;
  readonly onRetry?: () => void;
}

/** What went wrong, each member of a form that was refused, and a way to try again. */
export function Failure({ error, onRetry }: FailureProps) {
  const t = useTranslations("common");
  const textOf = useProblemText();
  const items = error instanceof ApiProblem ? error.errors : [];
  return (
    <Alert
      type="error"
      showIcon
      title={textOf(error)}
      style={{ marginBottom: 16 }}
      description={
        items.length < 2 ? undefined : (
          <ul style={{ margin: 0, paddingInlineStart: 20 }}>
            {items.map(({ pointer, parameter, detail }) => (
              <li key={`${pointer ?? parameter} ${detail}`}>
                <code>{pointer ?? parameter}</code> {detail}
              </li>
            ))}
          </ul>
        )
      }
      action={
        onRetry !== undefined && (
          <Button size="small" onClick={onRetry}>
            {t("tryAgain")}
          </Button>
        )
      }
    />
  );
}
