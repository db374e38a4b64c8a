import { useQuery } from '@tanstack/react-query';
import { Suspense, lazy } from 'react';
import type { ReactNode } from 'react';
import { Redirect, Route, Switch } from 'wouter';
import { queries } from '../data/queries.ts';
import { Loading, Failed } from '../ui/states.tsx';
import { Queue } from '../queue/Queue.tsx';
import { Shell } from './Shell.tsx';
import { SignIn } from './SignIn.tsx';

const Incident = lazy(async () => import('../incident/Incident.tsx'));
const Detections = lazy(async () => import('../pages/Detections.tsx'));
const Detection = lazy(async () => import('../detection/Detection.tsx'));
const Deliveries = lazy(async () => import('../pages/Deliveries.tsx'));
const Tokens = lazy(async () => import('../profile/Tokens.tsx'));
const TokenProfile = lazy(async () => import('../profile/TokenProfile.tsx'));
const Clients = lazy(async () => import('../profile/Clients.tsx'));
const ClientProfile = lazy(async () => import('../profile/ClientProfile.tsx'));
const Silences = lazy(async () => import('../pages/Silences.tsx'));
const Quieted = lazy(async () => import('../pages/Quieted.tsx'));
const Endpoints = lazy(async () => import('../pages/Endpoints.tsx'));
const Audit = lazy(async () => import('../pages/Audit.tsx'));
const Settings = lazy(async () => import('../pages/Settings.tsx'));
const Health = lazy(async () => import('../pages/Health.tsx'));

function Pages(): ReactNode {
  return (
    <Suspense fallback={<Loading />}>
      <Switch>
        <Route path="/">
          <Redirect to="/incidents" replace />
        </Route>
        <Route path="/incidents" component={Queue} />
        <Route path="/incidents/:id">{({ id }) => <Incident id={id} />}</Route>
        <Route path="/tokens" component={Tokens} />
        <Route path="/tokens/:hash">{({ hash }) => <TokenProfile hash={hash} />}</Route>
        <Route path="/clients" component={Clients} />
        <Route path="/clients/:id">
          {({ id }) => <ClientProfile id={decodeURIComponent(id)} />}
        </Route>
        <Route path="/silences" component={Silences} />
        <Route path="/quieted" component={Quieted} />
        <Route path="/endpoints" component={Endpoints} />
        <Route path="/audit" component={Audit} />
        <Route path="/pipeline" component={Health} />
        <Route path="/settings" component={Settings} />
        <Route path="/detections" component={Detections} />
        <Route path="/detections/:id">
          {({ id }) => <Detection id={decodeURIComponent(id)} />}
        </Route>
        <Route path="/deliveries" component={Deliveries} />
        <Route path="/login">
          <Redirect to="/incidents" replace />
        </Route>
        <Route>
          <Failed title="There is no such page" detail="The link may be from another version." />
        </Route>
      </Switch>
    </Suspense>
  );
}

/** The whole page: who is there decides between signing in and the shell. */
export function App(): ReactNode {
  const session = useQuery(queries.session());
  if (session.isPending) return null;
  if (session.isError) {
    return <Failed title="The console does not answer" detail={session.error.message} />;
  }
  const mustSignIn = session.data.role === null;
  const offered = location.pathname === '/login' && !session.data.signed_in;
  if (mustSignIn || offered) return <SignIn sso={session.data.sso} />;
  return (
    <Shell session={session.data}>
      <Pages />
    </Shell>
  );
}
