import { useBlocker } from "@tanstack/react-router";
import { ConfirmDialog } from "./Dialog";

/** Asks before a page is left whose form holds what is kept nowhere yet. */
export function LeaveGuard({ isDirty, title }: {
  /** Called as somebody leaves. */
  isDirty: () => boolean;
  title: string;
}) {
  const blocker = useBlocker({
    shouldBlockFn: ({ current, next }) => current.pathname !== next.pathname && isDirty(),
    enableBeforeUnload: isDirty,
    withResolver: true,
  });
  return (
    <ConfirmDialog
      open={blocker.status === "blocked"}
      onClose={() => blocker.reset?.()}
      title={title}
      confirm="Leave"
      danger
      onConfirm={async () => blocker.proceed?.()}
    >
      What you changed is not kept anywhere yet.
    </ConfirmDialog>
  );
}
