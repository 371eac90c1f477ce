import { Button, Center } from '@mantine/core';
import { useEffect, useRef } from 'react';
import { text } from '../text/text';

interface LoadMoreProps {
  more: boolean;
  busy: boolean;
  onMore: () => void;
}

/** Fetches the next page when it comes into view; the button does the same for keyboards. */
export function LoadMore({ more, busy, onMore }: LoadMoreProps) {
  const marker = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = marker.current;
    if (!element || !more || busy || typeof IntersectionObserver === 'undefined') return;
    const observer = new IntersectionObserver((entries) => {
      if (entries.some((entry) => entry.isIntersecting)) onMore();
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [more, busy, onMore]);
  if (!more) return null;
  return (
    <Center ref={marker} p="md">
      <Button variant="default" loading={busy} onClick={onMore}>
        {text.loadMore}
      </Button>
    </Center>
  );
}
