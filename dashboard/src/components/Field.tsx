import { ChevronDown } from "lucide-react";
import { type ComponentProps, type ReactNode, useId } from "react";
import { classes } from "./classes";

const CONTROL =
  "w-full rounded-md border border-line-strong bg-surface px-2.5 text-base text-ink placeholder:text-faint " +
  "disabled:opacity-60 aria-invalid:border-bad";

/** A star that is no part of the label's text. */
const STAR = "after:ml-0.5 after:text-bad after:content-['*'_/_'']";

interface FieldProps {
  label: string;
  /** Says what to enter; stands under the control. */
  hint?: ReactNode;
  error?: string | null | undefined;
  /** Marks the label with a star and tells assistive technology; the form itself says what is missing. */
  isRequired?: boolean | undefined;
  /** Keeps the label for screen readers only. */
  hideLabel?: boolean;
  className?: string;
  children: (control: FieldControl) => ReactNode;
}

/** What the control inside a field must carry. */
export interface FieldControl {
  id: string;
  "aria-describedby": string | undefined;
  "aria-invalid": true | undefined;
  "aria-required": true | undefined;
}

/** A label, a control, its hint and its error, tied together for assistive technology. */
export function Field({ label, hint, error, isRequired = false, hideLabel = false, className, children }: FieldProps) {
  const id = useId();
  const notes = [hint ? `${id}-hint` : null, error ? `${id}-error` : null].filter(Boolean).join(" ");
  return (
    <div className={classes("flex min-w-0 flex-col gap-1", className)}>
      <label htmlFor={id} className={hideLabel ? "sr-only" : classes("text-sm font-medium", isRequired && STAR)}>
        {label}
      </label>
      {children({
        id,
        "aria-describedby": notes || undefined,
        "aria-invalid": error ? true : undefined,
        "aria-required": isRequired || undefined,
      })}
      {hint && (
        <p id={`${id}-hint`} className="text-xs text-muted">
          {hint}
        </p>
      )}
      {error && (
        <p id={`${id}-error`} className="text-xs text-bad">
          {error}
        </p>
      )}
    </div>
  );
}

type Own = Pick<FieldProps, "label" | "hint" | "error" | "isRequired" | "hideLabel"> & { fieldClassName?: string };

export function TextField({ label, hint, error, isRequired, hideLabel, fieldClassName, className, ...rest }: Own & ComponentProps<"input">) {
  return (
    <Field {...{ label, hint, error, isRequired }} hideLabel={hideLabel ?? false} className={fieldClassName ?? ""}>
      {(control) => <input type="text" {...rest} {...control} className={classes(CONTROL, "h-8", className)} />}
    </Field>
  );
}

export function TextArea({ label, hint, error, isRequired, hideLabel, fieldClassName, className, ...rest }: Own & ComponentProps<"textarea">) {
  return (
    <Field {...{ label, hint, error, isRequired }} hideLabel={hideLabel ?? false} className={fieldClassName ?? ""}>
      {(control) => <textarea rows={3} {...rest} {...control} className={classes(CONTROL, "py-1.5", className)} />}
    </Field>
  );
}

export function SelectField({
  label, hint, error, isRequired, hideLabel, fieldClassName, className, children, ...rest
}: Own & ComponentProps<"select">) {
  return (
    <Field {...{ label, hint, error, isRequired }} hideLabel={hideLabel ?? false} className={fieldClassName ?? ""}>
      {(control) => (
        <div className="relative">
          <select {...rest} {...control} className={classes(CONTROL, "h-8 appearance-none truncate pr-8", className)}>
            {children}
          </select>
          <ChevronDown aria-hidden className="pointer-events-none absolute top-2 right-2 size-4 text-muted" />
        </div>
      )}
    </Field>
  );
}

export function CheckField({ label, hint, className, ...rest }: { label: string; hint?: ReactNode } & ComponentProps<"input">) {
  const id = useId();
  return (
    <div className={classes("flex items-start gap-2", className)}>
      <input
        type="checkbox"
        {...rest}
        id={id}
        aria-describedby={hint ? `${id}-hint` : undefined}
        className="mt-0.5 size-4 shrink-0 accent-accent"
      />
      <div>
        <label htmlFor={id} className="text-sm">
          {label}
        </label>
        {hint && (
          <p id={`${id}-hint`} className="text-xs text-muted">
            {hint}
          </p>
        )}
      </div>
    </div>
  );
}
