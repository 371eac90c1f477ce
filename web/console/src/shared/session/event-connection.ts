import { createContext, useContext } from 'react';

/** Whether /v1/events is connected, for the badge on the live page. */
export const EventConnectionContext = createContext(false);

export function useEventConnection(): boolean {
  return useContext(EventConnectionContext);
}
