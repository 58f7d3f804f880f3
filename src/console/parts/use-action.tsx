import { type QueryKey, useMutation, useQueryClient } from "@tanstack/react-query";
import { App } from "antd";
import { useProblemText } from "./problem-text.ts";

interface Action<Input, Output> {
  readonly run: (input: Input) => Promise<Output>;
  /** What is read again afterwards, whatever came of it. */
  readonly refreshes: readonly QueryKey[];
  /** What to say when it is done. */
  readonly done?: (output: Output) => string;
  readonly onDone?: (output: Output) => void;
}

/** Something that the person who looks does. Nothing is shown as done before the server says so; refusals are told. */
export function useAction<Input = void, Output = unknown>({ run, refreshes, done, onDone }: Action<Input, Output>) {
  const { message, notification } = App.useApp();
  const queryClient = useQueryClient();
  const textOf = useProblemText();
  return useMutation({
    mutationFn: run,
    onSuccess: (output) => {
      if (done !== undefined) message.success(done(output));
      onDone?.(output);
    },
    onError: (error) => notification.error({ title: textOf(error), duration: 10, role: "alert" }),
    onSettled: () => Promise.all(refreshes.map((queryKey) => queryClient.invalidateQueries({ queryKey }))),
  });
}
