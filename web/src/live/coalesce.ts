/**
 * Gathers what comes in a burst and hands it over as one set: `delay` ms after the first, and never while the
 * previous set is still being worked on. So a storm of events costs few requests, none is lost, and none waits
 * for the storm to end.
 */
export function coalesce<T>(delay: number, work: (items: Set<T>) => Promise<unknown>): (item: T) => void {
  let waiting = new Set<T>();
  let busy = false;

  const start = () => {
    busy = true;
    setTimeout(async () => {
      const items = waiting;
      waiting = new Set();
      // A failed refetch is shown by the query that failed; here it must only not stop the next set.
      await work(items).catch(() => {});
      busy = false;
      if (waiting.size > 0) start();
    }, delay);
  };

  return (item) => {
    waiting.add(item);
    if (!busy) start();
  };
}
