/** What the dashboard's requests are called in the log. */
export const CLIENT = "dashboard";
