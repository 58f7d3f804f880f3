import type { ReactNode } from "react";

interface ScrollableProps {
  /** What is in it. */
  readonly label: string;
  readonly children: ReactNode;
}

/** Something that may be wider than the page. The keyboard can come to it, to scroll it. */
export function Scrollable({ label, children }: ScrollableProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard (WCAG 2.1.1)
    <section tabIndex={0} aria-label={label} style={{ overflowX: "auto" }}>
      {children}
    </section>
  );
}
