import { useEffect, useState } from "react";

/** A value as it was once it has stayed the same for a while: what is typed is not asked about letter by letter. */
export function useLater<T>(value: T, milliseconds = 400): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), milliseconds);
    return () => clearTimeout(timer);
  }, [value, milliseconds]);
  return settled;
}
