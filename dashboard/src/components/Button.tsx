import { LoaderCircle, type LucideIcon } from "lucide-react";
import type { ComponentProps } from "react";
import { classes } from "./classes";

export type ButtonLook = "primary" | "secondary" | "quiet" | "danger";

const LOOKS: Record<ButtonLook, string> = {
  primary: "bg-accent text-on-accent hover:not-disabled:bg-accent-hover border-transparent",
  secondary: "bg-surface text-ink border-line hover:not-disabled:bg-hover",
  quiet: "bg-transparent text-muted border-transparent hover:not-disabled:bg-hover hover:not-disabled:text-ink",
  danger: "bg-surface text-bad border-line hover:not-disabled:bg-bad-soft",
};

const BASE =
  "inline-flex items-center justify-center gap-1.5 rounded-md border text-sm font-medium whitespace-nowrap " +
  "transition-colors disabled:opacity-55";

export function buttonClasses(look: ButtonLook = "secondary", iconOnly = false): string {
  return classes(BASE, LOOKS[look], iconOnly ? "size-8 shrink-0" : "h-8 px-3");
}

interface ButtonProps extends ComponentProps<"button"> {
  look?: ButtonLook;
  icon?: LucideIcon;
  /** Shows a spinner and disables. */
  busy?: boolean;
}

export function Button({ look = "secondary", icon: Icon, busy = false, children, className, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      disabled={rest.disabled || busy}
      aria-busy={busy || undefined}
      className={classes(buttonClasses(look), className)}
    >
      {busy ? (
        <LoaderCircle aria-hidden className="size-4 animate-spin" />
      ) : (
        Icon && <Icon aria-hidden className="size-4" />
      )}
      {children}
    </button>
  );
}

interface IconButtonProps extends Omit<ComponentProps<"button">, "children"> {
  icon: LucideIcon;
  /** What it does, for everyone: it is the tooltip too. */
  label: string;
  look?: ButtonLook;
}

export function IconButton({ icon: Icon, label, look = "quiet", className, ...rest }: IconButtonProps) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      {...rest}
      className={classes(buttonClasses(look, true), className)}
    >
      <Icon aria-hidden className="size-4" />
    </button>
  );
}
