import { useQuery } from '@tanstack/react-query';
import { usersQuery } from '../api/users';
import { useMay, useSession } from '../session/session';
import { text } from '../text/text';

/** Who did something, as the server names them: a user's id, "local" for the command on the server itself, or nobody. */
export function PersonName({ id }: { id: string }) {
  return usePersonName(id);
}

export function usePersonName(id: string): string {
  const { me, organisation } = useSession();
  const may = useMay('users.read');
  const users = useQuery({ ...usersQuery(organisation), enabled: may && id !== '' && id !== me.id });
  if (id === me.id) return me.display_name || me.login;
  if (id === '') return text.people.system;
  const user = users.data?.find((one) => one.id === id);
  if (user) return user.display_name || user.login;
  if (!/^[0-9a-f-]{36}$/.test(id)) return text.people.known[id] ?? id;
  return text.people.somebody(id.slice(-8));
}
