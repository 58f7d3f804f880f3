import { useQuery } from "@tanstack/react-query";
import { Alert, Button, Modal } from "antd";
import { useTranslations } from "use-intl";
import type { TestResult } from "../api/views.ts";
import { Checks } from "./checks.tsx";
import { Failure } from "./failure.tsx";
import { Loading } from "./loading.tsx";

interface ConnectionTestProps {
  /** Of a source or a target. */
  readonly name: string;
  readonly queryKey: readonly string[];
  readonly run: () => Promise<TestResult>;
  readonly onClose: () => void;
}

/** Tries a connection, and says what its credentials can and cannot do. */
export function ConnectionTest({ name, queryKey, run, onClose }: ConnectionTestProps) {
  const t = useTranslations("sources");
  const test = useQuery({
    queryKey,
    queryFn: run,
    ...{ staleTime: 0, gcTime: 0, retry: false, refetchOnWindowFocus: false },
  });
  return (
    <Modal
      open
      title={t("testOf", { name })}
      onCancel={onClose}
      width={720}
      footer={
        <>
          <Button onClick={() => test.refetch()} loading={test.isFetching}>
            {t("testAgain")}
          </Button>
          <Button type="primary" onClick={onClose}>
            {t("close")}
          </Button>
        </>
      }
    >
      {test.isPending && <Loading />}
      {test.error !== null && <Failure error={test.error} />}
      {test.data !== undefined && (
        <>
          <Alert
            type={test.data.ok ? "success" : "error"}
            showIcon
            title={t(test.data.ok ? "testPassed" : "testFailed")}
            style={{ marginBottom: 8 }}
          />
          <Checks checks={test.data.checks} />
        </>
      )}
    </Modal>
  );
}
