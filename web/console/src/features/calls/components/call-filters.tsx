import { Button, CloseButton, NativeSelect, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { IconAdjustmentsHorizontal, IconSearch } from '@tabler/icons-react';
import { useState } from 'react';
import type { CallFilter, Direction, Disposition } from '@parley/api-client/calls';
import { text } from '~/shared/text/text';
import classes from './call-filters.module.css';

interface CallFiltersProps {
  filter: CallFilter;
  onChange: (filter: CallFilter) => void;
}

/** The filter lives in the address: a search can be bookmarked and the back button works. */
export function CallFilters({ filter, onChange }: CallFiltersProps) {
  const t = text.calls;
  const [typed, setTyped] = useState(filter.q ?? '');
  const [open, setOpen] = useState(false);
  const search = useDebouncedCallback((q: string) => onChange({ ...filter, q: q.trim() || undefined }), 250);
  const type = (value: string) => {
    setTyped(value);
    search(value);
  };
  const set = (part: CallFilter) => onChange({ ...filter, ...part });
  const any = { value: '', label: t.any };
  const active = Object.values(filter).some((value) => value !== undefined);
  return (
    <search className={`${classes.bar} ${open ? classes.open : ''}`} aria-label={t.filters}>
      <TextInput
        className={classes.search ?? ''}
        type="search"
        label={t.search}
        placeholder={t.searchPlaceholder}
        leftSection={<IconSearch size={16} />}
        rightSection={
          typed === '' ? null : <CloseButton size="sm" aria-label={t.clear} onClick={() => type('')} />
        }
        value={typed}
        onChange={(event) => type(event.currentTarget.value)}
      />
      <Button
        className={classes.toggle ?? ''}
        variant="default"
        aria-expanded={open}
        leftSection={<IconAdjustmentsHorizontal size={16} />}
        onClick={() => setOpen(!open)}
      >
        {t.filters}
      </Button>
      <NativeSelect
        className={`${classes.choice} ${classes.more}`}
        label={t.direction}
        value={filter.direction ?? ''}
        data={[any, ...options(t.directions)]}
        onChange={(event) =>
          set({ direction: (event.currentTarget.value || undefined) as Direction | undefined })
        }
      />
      <NativeSelect
        className={`${classes.choice} ${classes.more}`}
        label={t.disposition}
        value={filter.disposition ?? ''}
        data={[any, ...options(t.dispositions)]}
        onChange={(event) =>
          set({ disposition: (event.currentTarget.value || undefined) as Disposition | undefined })
        }
      />
      <NativeSelect
        className={`${classes.choice} ${classes.more}`}
        label={t.recording}
        value={filter.has_recording === undefined ? '' : String(filter.has_recording)}
        data={[any, { value: 'true', label: t.withRecording }, { value: 'false', label: t.withoutRecording }]}
        onChange={(event) => {
          const chosen = event.currentTarget.value;
          set({ has_recording: chosen === '' ? undefined : chosen === 'true' });
        }}
      />
      <TextInput
        className={`${classes.choice} ${classes.more}`}
        type="date"
        label={t.from}
        value={filter.from ?? ''}
        {...(filter.to ? { max: filter.to } : {})}
        onChange={(event) => set({ from: event.currentTarget.value || undefined })}
      />
      <TextInput
        className={`${classes.choice} ${classes.more}`}
        type="date"
        label={t.to}
        value={filter.to ?? ''}
        {...(filter.from ? { min: filter.from } : {})}
        onChange={(event) => set({ to: event.currentTarget.value || undefined })}
      />
      {active && (
        <Button
          variant="subtle"
          onClick={() => {
            setTyped('');
            onChange({});
          }}
        >
          {t.clear}
        </Button>
      )}
    </search>
  );
}

function options(labels: Record<string, string>): { value: string; label: string }[] {
  return Object.entries(labels).map(([value, label]) => ({ value, label }));
}
