/** Requests whose own time is further from our clock than this, either way, are refused (wire protocol 1.6). */
export const CLOCK_WINDOW_MS = 15 * 60_000;
