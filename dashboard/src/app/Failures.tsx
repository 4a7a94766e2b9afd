import { type ErrorComponentProps, Link } from "@tanstack/react-router";
import { Compass } from "lucide-react";
import { buttonClasses } from "../components/Button";
import { Page } from "../components/Page";
import { EmptyState, ErrorState } from "../components/States";

export function NotFound() {
  return (
    <Page title="Nothing here">
      <EmptyState
        icon={Compass}
        title="No page has this address"
        action={
          <Link to="/" className={buttonClasses()}>
            Go to the start
          </Link>
        }
      >
        The link may be old, or mistyped.
      </EmptyState>
    </Page>
  );
}

/** What a page shows that threw: navigation stays usable around it. */
export function PageFailed({ error, reset }: ErrorComponentProps) {
  return (
    <Page title="This page failed">
      <ErrorState error={error} onRetry={reset} />
    </Page>
  );
}
