/** What the example bank offers: each operation is one route of one service. */
export const OPERATIONS = {
  account: route('accounts', 'GET', '/accounts/:id', 'accounts:read', 'account'),
  balance: route('accounts', 'GET', '/accounts/:id/balance', 'balances:read', 'account'),
  transactions: route(
    'accounts',
    'GET',
    '/accounts/:id/transactions',
    'transactions:read',
    'account',
  ),
  owner: route('accounts', 'GET', '/accounts/:id/owner', 'owners:read', 'account'),
  pay: route('payments', 'POST', '/payments', 'payments:write', 'account'),
  payment: route('payments', 'GET', '/payments/:id', 'payments:read', 'payment'),
  refund: route('payments', 'POST', '/payments/:id/refund', 'payments:refund', 'payment'),
  report: route('reports', 'GET', '/reports/:id', 'reports:read', 'report'),
  export: route('reports', 'POST', '/reports/:id/export', 'reports:export', 'report'),
} as const;

export type OperationName = keyof typeof OPERATIONS;
export type ServiceName = 'accounts' | 'payments' | 'reports';
export type Environment = 'production' | 'staging';

export const SERVICES: readonly ServiceName[] = ['accounts', 'payments', 'reports'];
export const ENVIRONMENTS: readonly Environment[] = ['production', 'staging'];

export interface Operation {
  service: ServiceName;
  method: 'GET' | 'POST';
  route: string;
  /** What a token must be granted. */
  scope: string;
  /** What the identifier in the path (or, for a payment, the debited account) stands for. */
  objectType: string;
}

function route(
  service: ServiceName,
  method: 'GET' | 'POST',
  template: string,
  scope: string,
  objectType: string,
): Operation {
  return { service, method, route: template, scope, objectType };
}

/** The raw path of an operation on an object. */
export function pathOf(operation: Operation, id: string): string {
  return operation.route.replace(':id', id);
}

/** Each client's objects: the first digits of an identifier name the client they belong to. */
export function objectId(clientIndex: number, number: number): string {
  return `${String(clientIndex + 10)}${String(number).padStart(6, '0')}`;
}

/** Numbers from here on do not exist: what asks for them gets 404. */
export const FIRST_MISSING = 900_000;

/** To which client an object belongs, or null when it does not exist. */
export function ownerIndexOf(id: string): number | null {
  if (!/^\d{8}$/.test(id) || Number(id.slice(2)) >= FIRST_MISSING) return null;
  return Number(id.slice(0, 2)) - 10;
}
