import { createContext, use } from 'react';
import type { paths } from '../api-types.ts';

/** Who is there, as the console knows them. */
export type Session =
  paths['/api/v1/session']['get']['responses'][200]['content']['application/json'];

export type Role = NonNullable<Session['role']>;

export const SessionContext = createContext<Session>({
  actor: 'anonymous',
  role: null,
  signed_in: false,
  version: '',
  sso: false,
});

export function useSession(): Session {
  return use(SessionContext);
}

const ROLES: Role[] = ['viewer', 'responder', 'admin'];

/** True when whoever is there has at least this role; the server decides again, of course. */
export function useMay(role: Role): boolean {
  const { role: own } = useSession();
  return own !== null && ROLES.indexOf(own) >= ROLES.indexOf(role);
}
