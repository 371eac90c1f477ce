import { Button } from '@mantine/core';
import { IconBug } from '@tabler/icons-react';
import { text } from '~/shared/text/text';
import { EmptyState } from '~/shared/ui/empty-state';

/** Our own bug, or a file of a version that the server no longer has: reloading helps with the second. */
export function Crashed() {
  return (
    <EmptyState icon={IconBug} title={text.problems.crashed} hint={text.problems.crashedHint}>
      <Button variant="light" onClick={() => window.location.reload()}>
        {text.problems.reload}
      </Button>
    </EmptyState>
  );
}
