import { X } from "lucide-react";
import { AlertDialog, Dialog as Radix } from "radix-ui";
import { type ReactNode } from "react";
import { Button, IconButton } from "./Button";
import { Failure } from "./States";
import { useAttempt } from "./useAttempt";

const OVERLAY = "fixed inset-0 z-40 bg-backdrop";
const BOX =
  "fixed top-[12vh] left-1/2 z-40 flex max-h-[80dvh] w-[calc(100vw-2rem)] -translate-x-1/2 flex-col rounded-xl " +
  "border border-line bg-surface shadow-pop focus:outline-none";

/** A dialog over the page; focus stays inside until it closes. */
export function Dialog({ open, onClose, title, description, children, footer, wide = false }: {
  open: boolean;
  onClose: () => void;
  title: string;
  description?: ReactNode;
  children: ReactNode;
  footer?: ReactNode;
  wide?: boolean;
}) {
  return (
    <Radix.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className={OVERLAY} />
        <Radix.Content className={`${BOX} ${wide ? "max-w-3xl" : "max-w-lg"}`} {...(description ? {} : { "aria-describedby": undefined })}>
          <div className="flex items-start gap-2 px-5 pt-4">
            <div className="min-w-0 grow">
              <Radix.Title className="text-lg font-semibold">{title}</Radix.Title>
              {description && <Radix.Description className="text-sm text-muted">{description}</Radix.Description>}
            </div>
            <Radix.Close asChild>
              <IconButton icon={X} label="Close" />
            </Radix.Close>
          </div>
          <div className="min-h-0 grow overflow-auto px-5 py-4">{children}</div>
          {footer && <div className="flex justify-end gap-2 border-t border-line px-5 py-3">{footer}</div>}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

/** Asks before something that can't be taken back, or that others will notice. */
export function ConfirmDialog({ open, onClose, title, children, confirm, danger = false, disabled = false, onConfirm, explain }: {
  open: boolean;
  onClose: () => void;
  title: string;
  /** What will happen, and to whom. */
  children: ReactNode;
  /** The verb on the button: "Move production to 4". */
  confirm: string;
  danger?: boolean;
  /** There is nothing to confirm; `children` say why. */
  disabled?: boolean;
  /** The dialog stays open, with the reason, when this fails. */
  onConfirm: () => Promise<unknown>;
  /** Shows a failure, and the way on, in words of its own; null for those that it has none for. */
  explain?: (error: unknown) => ReactNode;
}) {
  const { isBusy, error, attempt } = useAttempt();
  const explained = error === null ? null : explain?.(error);

  async function run() {
    await attempt(async () => {
      await onConfirm();
      onClose();
    });
  }

  return (
    <AlertDialog.Root open={open} onOpenChange={(next) => !next && !isBusy && onClose()}>
      <AlertDialog.Portal>
        <AlertDialog.Overlay className={OVERLAY} />
        <AlertDialog.Content className={`${BOX} max-w-md gap-3 p-5`} aria-describedby={undefined}>
          <AlertDialog.Title className="text-lg font-semibold">{title}</AlertDialog.Title>
          <div className="-m-1 flex min-h-0 flex-col gap-3 overflow-auto p-1">
            <div className="text-sm text-muted">{children}</div>
            <Failure error={error}>{explained}</Failure>
          </div>
          <div className="mt-1 flex justify-end gap-2">
            <AlertDialog.Cancel asChild>
              <Button disabled={isBusy}>Cancel</Button>
            </AlertDialog.Cancel>
            <Button look={danger ? "danger" : explained ? "secondary" : "primary"} busy={isBusy} disabled={disabled} onClick={run}>
              {confirm}
            </Button>
          </div>
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
