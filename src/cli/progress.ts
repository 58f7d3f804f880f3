import type { Output } from "./parts.ts";

export interface Progress {
  /** `step` names what is being done; `text` says how far it is. */
  show(step: string, text: string): void;
  end(): void;
}

/** Progress on a terminal: one line that is written over. Elsewhere: a line for each new step. */
export function makeProgress(output: Output): Progress {
  if (output.isTTY !== true) {
    let last = "";
    return {
      show(step, text) {
        if (step !== last) output.write(`${text}\n`);
        last = step;
      },
      end() {},
    };
  }
  let shown = false;
  return {
    show(_step, text) {
      // One column stays free: a line that fills the last one wraps on some terminals.
      output.write(`\r\x1b[K${text.slice(0, (output.columns ?? 80) - 1)}`);
      shown = true;
    },
    end() {
      if (shown) output.write("\r\x1b[K");
    },
  };
}
