import { useState } from "react";

/** What a form or a button does once: busy meanwhile, and with the failure afterwards if it failed. */
export function useAttempt() {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);

  async function attempt(act: () => Promise<unknown>): Promise<void> {
    setBusy(true);
    setError(null);
    try {
      await act();
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  }

  return { isBusy, error, attempt, forget: () => setError(null) };
}
