import type { SignedIn } from '@parley/api-client/accounts';
import { api } from '~/shared/api/api';

export interface Credentials {
  login: string;
  password: string;
}

/** The answer's token is left alone: the cookie that comes with it is the session. */
export async function signIn(credentials: Credentials) {
  const { user } = await api.post<SignedIn>('/v1/sign-in', credentials);
  return user;
}
