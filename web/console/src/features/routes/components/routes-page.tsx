import { ActionIcon, Alert, Button, Loader, Menu, Table, Text } from '@mantine/core';
import {
  IconArrowDown,
  IconArrowUp,
  IconDots,
  IconInfoCircle,
  IconPencil,
  IconPlus,
  IconRoute,
  IconTrash,
} from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import type { DialRoute } from '@parley/api-client/routes';
import { keys } from '~/shared/api/keys';
import { useMay, useOrganisation } from '~/shared/session/session';
import { text } from '~/shared/text/text';
import { ConfirmDialog } from '~/shared/ui/confirm-dialog';
import { ActionCell, DataTable } from '~/shared/ui/data-table';
import { Dot } from '~/shared/ui/dot';
import { EmptyState } from '~/shared/ui/empty-state';
import { notifyDone, notifyProblem } from '~/shared/ui/notify';
import { Page } from '~/shared/ui/page';
import { ProblemAlert } from '~/shared/ui/problem-alert';
import { deleteRoute } from '../api/delete-route';
import { routesQuery } from '../api/list-routes';
import { reorderRoutes } from '../api/reorder-routes';
import { changeText, destinationText } from './describe';
import { RouteForm } from './route-form';
import classes from './routes-page.module.css';
import { TryNumber } from './try-number';

type Open =
  | { kind: 'nothing' }
  | { kind: 'create' }
  | { kind: 'edit'; route: DialRoute }
  | { kind: 'delete'; route: DialRoute };

type Way = 'up' | 'down';

export function RoutesPage() {
  const t = text.routes;
  const organisation = useOrganisation();
  const query = useQuery(routesQuery(organisation));
  const mayWrite = useMay('routes.write');
  const [open, setOpen] = useState<Open>({ kind: 'nothing' });
  const close = () => setOpen({ kind: 'nothing' });
  const create = mayWrite && (
    <Button leftSection={<IconPlus size={16} />} onClick={() => setOpen({ kind: 'create' })}>
      {t.create}
    </Button>
  );
  return (
    <Page title={t.title} subtitle={t.subtitle} actions={create}>
      <ProblemAlert error={query.error} onRetry={() => void query.refetch()} />
      {query.isPending && !query.error && <Loader aria-label={text.loading} />}
      {query.data?.length === 0 && <EmptyState icon={IconRoute} title={t.emptyTitle} hint={t.emptyText} />}
      {query.data && query.data.length > 0 && <RouteTable routes={query.data} onOpen={setOpen} />}
      <Alert role="note" className={classes.note ?? ''} color="gray" icon={<IconInfoCircle size={18} />}>
        {t.emergency}
      </Alert>
      <TryNumber />
      {(open.kind === 'create' || open.kind === 'edit') && (
        <RouteForm route={open.kind === 'edit' ? open.route : null} onClose={close} />
      )}
      {open.kind === 'delete' && <DeleteRoute route={open.route} onClose={close} />}
    </Page>
  );
}

function RouteTable({ routes, onOpen }: { routes: DialRoute[]; onOpen: (open: Open) => void }) {
  const t = text.routes;
  const organisation = useOrganisation();
  const queryClient = useQueryClient();
  const [said, setSaid] = useState('');
  const focus = useFocusAfterMove(routes);
  const reorder = useMutation({
    mutationFn: (order: DialRoute[]) =>
      reorderRoutes(
        organisation,
        order.map((route) => route.id),
      ),
    onSuccess: ({ items }) => queryClient.setQueryData(routesQuery(organisation).queryKey, items),
    onError: async (problem) => {
      notifyProblem(problem);
      await queryClient.invalidateQueries({ queryKey: keys.routes(organisation) });
    },
  });
  const move = (from: number, way: Way) => {
    const to = way === 'up' ? from - 1 : from + 1;
    const moved = routes[from];
    if (reorder.isPending || !moved || !routes[to]) return;
    const order = routes.filter((route) => route !== moved);
    order.splice(to, 0, moved);
    focus(moved.id, way);
    reorder.mutate(order, {
      onSuccess: () => setSaid(t.moved(moved.name, to + 1, order.length)),
    });
  };
  return (
    <>
      <DataTable caption={t.caption} columns={[t.name, t.pattern, t.callers, t.change, t.to, '']}>
        {routes.map((route, index) => (
          <RouteRow
            key={route.id}
            route={route}
            first={index === 0}
            last={index === routes.length - 1}
            onMove={(way) => move(index, way)}
            onOpen={onOpen}
          />
        ))}
      </DataTable>
      <div role="status" className={classes.said}>
        {said}
      </div>
    </>
  );
}

const buttonId = (id: string, way: Way) => `move-${way}-${id}`;

/** The button that was pressed keeps the focus while its row moves; at an end its opposite takes it. */
function useFocusAfterMove(routes: DialRoute[]) {
  const wanted = useRef<{ id: string; way: Way } | null>(null);
  useEffect(() => {
    if (!wanted.current) return;
    const { id, way } = wanted.current;
    wanted.current = null;
    const pressed = document.getElementById(buttonId(id, way)) as HTMLButtonElement | null;
    const other = document.getElementById(buttonId(id, way === 'up' ? 'down' : 'up'));
    (pressed && !pressed.disabled ? pressed : other)?.focus();
  }, [routes]);
  return (id: string, way: Way) => {
    wanted.current = { id, way };
  };
}

interface RowProps {
  route: DialRoute;
  first: boolean;
  last: boolean;
  onMove: (way: Way) => void;
  onOpen: (open: Open) => void;
}

function RouteRow({ route, first, last, onMove, onOpen }: RowProps) {
  const t = text.routes;
  const mayWrite = useMay('routes.write');
  const change = changeText(route);
  return (
    <Table.Tr>
      <Table.Td>
        <div>
          <Text size="sm" fw={570}>
            {route.name}
          </Text>
          {!route.enabled && <Dot tone="neutral">{t.off}</Dot>}
        </div>
      </Table.Td>
      <Table.Td data-label={t.pattern}>
        <code>{route.pattern}</code>
      </Table.Td>
      <Table.Td data-label={t.callers}>
        {route.callers.length > 0 ? route.callers.join(', ') : t.everybody}
      </Table.Td>
      <Table.Td {...(change ? { 'data-label': t.change } : {})}>{change}</Table.Td>
      <Table.Td data-label={t.to}>{destinationText(route)}</Table.Td>
      <ActionCell>
        {mayWrite && (
          <>
            <MoveButton route={route} way="up" disabled={first} onMove={onMove} />
            <MoveButton route={route} way="down" disabled={last} onMove={onMove} />
            <Menu position="bottom-end">
              <Menu.Target>
                <ActionIcon variant="subtle" color="gray" aria-label={text.actionsFor(route.name)}>
                  <IconDots size={18} />
                </ActionIcon>
              </Menu.Target>
              <Menu.Dropdown>
                <Menu.Item
                  leftSection={<IconPencil size={16} />}
                  onClick={() => onOpen({ kind: 'edit', route })}
                >
                  {text.edit}
                </Menu.Item>
                <Menu.Item
                  color="red"
                  leftSection={<IconTrash size={16} />}
                  onClick={() => onOpen({ kind: 'delete', route })}
                >
                  {text.delete}
                </Menu.Item>
              </Menu.Dropdown>
            </Menu>
          </>
        )}
      </ActionCell>
    </Table.Tr>
  );
}

interface MoveProps {
  route: DialRoute;
  way: Way;
  disabled: boolean;
  onMove: (way: Way) => void;
}

function MoveButton({ route, way, disabled, onMove }: MoveProps) {
  const t = text.routes;
  return (
    <ActionIcon
      id={buttonId(route.id, way)}
      variant="subtle"
      color="gray"
      disabled={disabled}
      aria-label={way === 'up' ? t.up(route.name) : t.down(route.name)}
      onClick={() => onMove(way)}
    >
      {way === 'up' ? <IconArrowUp size={17} /> : <IconArrowDown size={17} />}
    </ActionIcon>
  );
}

function DeleteRoute({ route, onClose }: { route: DialRoute; onClose: () => void }) {
  const t = text.routes;
  const organisation = useOrganisation();
  const queryClient = useQueryClient();
  const remove = useMutation({
    mutationFn: () => deleteRoute(organisation, route.id),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: keys.routes(organisation) });
      notifyDone(t.deleted);
      onClose();
    },
  });
  return (
    <ConfirmDialog
      opened
      title={t.deleteTitle(route.name)}
      message={t.deleteText}
      confirm={text.delete}
      busy={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
    />
  );
}
