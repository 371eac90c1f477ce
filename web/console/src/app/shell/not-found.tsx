import { Button } from '@mantine/core';
import { IconMapQuestion } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { text } from '~/shared/text/text';
import { EmptyState } from '~/shared/ui/empty-state';

export function NotFound() {
  return (
    <EmptyState icon={IconMapQuestion} title={text.problems.notFound} hint={text.problems.notFoundHint}>
      <Button renderRoot={(props) => <Link to="/calls" {...props} />} variant="light">
        {text.problems.backToCalls}
      </Button>
    </EmptyState>
  );
}
