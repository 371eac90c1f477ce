import { ActionIcon, NativeSelect, Tooltip } from '@mantine/core';
import {
  IconActivityHeartbeat,
  IconAddressBook,
  IconBuildingBroadcastTower,
  IconFileCertificate,
  IconLogout,
  IconPhoneCall,
  IconPhone,
  IconReceipt,
  IconRoute,
  IconShieldLock,
  IconUsers,
  type Icon,
} from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { Permission } from '@parley/api-client/accounts';
import type { OrganisationId } from '@parley/api-client/ids';
import { api } from '~/shared/api/api';
import { meQuery } from '~/shared/session/me';
import { useMay, useSession } from '~/shared/session/session';
import { text } from '~/shared/text/text';
import { notifyProblem } from '~/shared/ui/notify';
import { Logo } from './logo';
import classes from './sidebar.module.css';
import { ThemeSwitch } from './theme-switch';

interface Entry {
  to:
    | '/live'
    | '/calls'
    | '/extensions'
    | '/routes'
    | '/trunks'
    | '/users'
    | '/policy'
    | '/prove'
    | '/records'
    | '/status';
  label: string;
  icon: Icon;
  needs: Permission;
}

const groups: { title: string; entries: Entry[] }[] = [
  {
    title: text.nav.groups.calls,
    entries: [
      { to: '/live', label: text.nav.live, icon: IconPhoneCall, needs: 'calls.read' },
      { to: '/calls', label: text.nav.calls, icon: IconPhone, needs: 'calls.read' },
      { to: '/extensions', label: text.nav.extensions, icon: IconAddressBook, needs: 'extensions.read' },
      { to: '/routes', label: text.nav.routes, icon: IconRoute, needs: 'routes.read' },
      { to: '/trunks', label: text.nav.trunks, icon: IconBuildingBroadcastTower, needs: 'trunks.read' },
    ],
  },
  {
    title: text.nav.groups.trust,
    entries: [
      { to: '/policy', label: text.nav.policy, icon: IconShieldLock, needs: 'policy.read' },
      { to: '/prove', label: text.nav.prove, icon: IconFileCertificate, needs: 'prove.read' },
      { to: '/records', label: text.nav.records, icon: IconReceipt, needs: 'audit.read' },
    ],
  },
  {
    title: text.nav.groups.system,
    entries: [
      { to: '/users', label: text.nav.users, icon: IconUsers, needs: 'users.read' },
      { to: '/status', label: text.nav.status, icon: IconActivityHeartbeat, needs: 'status.read' },
    ],
  },
];

interface SidebarProps {
  organisations: { id: OrganisationId; name: string }[];
  current: OrganisationId;
  onChoose: (organisation: OrganisationId) => void;
}

export function Sidebar({ organisations, current, onChoose }: SidebarProps) {
  return (
    <div className={classes.sidebar}>
      <div className={classes.brand}>
        <Logo />
      </div>
      <div className={classes.organisation}>
        {organisations.length > 1 ? (
          <NativeSelect
            size="xs"
            aria-label={text.nav.organisation}
            value={current}
            data={organisations.map((one) => ({ value: one.id, label: one.name }))}
            onChange={(event) => onChoose(event.currentTarget.value as OrganisationId)}
          />
        ) : (
          organisations[0]?.name
        )}
      </div>
      <nav className={classes.nav} aria-label={text.nav.label}>
        {groups.map((group) => (
          <div key={group.title}>
            <p className={classes.group}>{group.title}</p>
            <ul className={classes.list}>
              {group.entries.map((entry) => (
                <NavEntry key={entry.to} entry={entry} />
              ))}
            </ul>
          </div>
        ))}
      </nav>
      <Foot />
    </div>
  );
}

function NavEntry({ entry }: { entry: Entry }) {
  if (!useMay(entry.needs)) return null;
  return (
    <li>
      <Link to={entry.to} className={classes.link}>
        <entry.icon size={18} stroke={1.7} aria-hidden="true" />
        {entry.label}
      </Link>
    </li>
  );
}

function Foot() {
  const { me } = useSession();
  const queryClient = useQueryClient();
  const signOut = useMutation({
    mutationFn: () => api.post('/v1/sign-out'),
    onSuccess: () => queryClient.setQueryData(meQuery.queryKey, null),
    onError: notifyProblem,
  });
  return (
    <div className={classes.foot}>
      <div className={classes.who} aria-label={text.nav.signedInAs(me.display_name || me.login)} role="group">
        <div className={classes.name}>{me.display_name || me.login}</div>
        <div className={classes.role}>{text.roles[me.role] ?? me.role}</div>
      </div>
      <ThemeSwitch />
      <Tooltip label={text.nav.signOut}>
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={text.nav.signOut}
          loading={signOut.isPending}
          onClick={() => signOut.mutate()}
        >
          <IconLogout size={18} />
        </ActionIcon>
      </Tooltip>
    </div>
  );
}
