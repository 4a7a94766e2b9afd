import { type ReactNode, useEffect } from "react";
import { classes } from "./classes";

interface PageProps {
  /** The heading, and the document's title. */
  title: string;
  /** Stands before the heading, such as a link back. */
  above?: ReactNode;
  /** A line under the heading. */
  description?: ReactNode;
  actions?: ReactNode;
  /** Lets the content use the whole width and height, such as a list beside its panel. */
  wide?: boolean;
  children: ReactNode;
}

/** One page: its heading, its actions, its content. */
export function Page({ title, above, description, actions, wide = false, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · MCP Engine`;
  }, [title]);
  return (
    <div className={classes("mx-auto flex w-full flex-col gap-5 px-4 py-5 md:px-8 md:py-7", !wide && "max-w-6xl")}>
      <header className="flex flex-wrap items-end gap-x-4 gap-y-3">
        <div className="min-w-0 grow sm:basis-56">
          {above && <div className="mb-1 text-sm text-muted">{above}</div>}
          <h1 className="text-2xl font-semibold tracking-tight break-words">{title}</h1>
          {description && <div className="mt-0.5 text-sm text-muted">{description}</div>}
        </div>
        {actions && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
      </header>
      {children}
    </div>
  );
}

/** A framed part of a page with its own heading. */
export function Card({ title, actions, children, className, flush = false }: {
  title?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
  className?: string;
  /** Leaves out the padding, for tables and editors. */
  flush?: boolean;
}) {
  return (
    <section className={classes("min-w-0 overflow-hidden rounded-lg border border-line bg-surface", className)}>
      {(title || actions) && (
        <div className="flex min-h-11 flex-wrap items-center gap-2 border-b border-line px-4 py-1.5">
          {title && <h2 className="min-w-0 grow font-semibold">{title}</h2>}
          {actions}
        </div>
      )}
      <div className={flush ? "" : "p-4"}>{children}</div>
    </section>
  );
}
