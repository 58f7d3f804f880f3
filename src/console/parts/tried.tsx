import { Alert, Button, Flex } from "antd";
import { useTranslations } from "use-intl";
import type { TestResult } from "../api/views.ts";
import { Checks } from "./checks.tsx";
import { Failure } from "./failure.tsx";
import { Loading } from "./loading.tsx";

interface TriedProps {
  readonly test: { readonly data: TestResult | undefined; readonly error: unknown; readonly isPending: boolean };
  readonly onAgain: () => void;
}

/** What the connection can and cannot do. A source can be made all the same: a right may be given later. */
export function Tried({ test, onAgain }: TriedProps) {
  const t = useTranslations("sourceForm");
  if (test.isPending) return <Loading />;
  return (
    <Flex vertical gap="small">
      {test.error !== null && <Failure error={test.error} />}
      {test.data !== undefined && (
        <>
          <Alert
            type={test.data.ok ? "success" : "warning"}
            showIcon
            title={t(test.data.ok ? "testPassed" : "testFailed")}
          />
          <Checks checks={test.data.checks} />
        </>
      )}
      <Button onClick={onAgain} style={{ alignSelf: "start" }}>
        {t("testAgain")}
      </Button>
    </Flex>
  );
}
