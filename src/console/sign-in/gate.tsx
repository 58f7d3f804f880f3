import { useQuery } from "@tanstack/react-query";
import { Button, Result, Spin } from "antd";
import type { ReactNode } from "react";
import { useTranslations } from "use-intl";
import { sessionQuery } from "../api/queries.ts";
import { useProblemText } from "../parts/problem-text.ts";
import { SignIn } from "./sign-in.tsx";

/** Lets in who is signed in; everybody else is asked to. */
export function Gate({ children }: { readonly children: ReactNode }) {
  const t = useTranslations();
  const textOf = useProblemText();
  const session = useQuery(sessionQuery);
  if (session.data !== undefined) return session.data === null ? <SignIn /> : children;
  if (session.error === null) return <Spin fullscreen description={t("common.loading")} />;
  const retry = (
    <Button type="primary" onClick={() => session.refetch()}>
      {t("common.tryAgain")}
    </Button>
  );
  return <Result status="warning" title={t("problem.unreachable")} subTitle={textOf(session.error)} extra={retry} />;
}
