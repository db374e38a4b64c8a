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
const Deliveries = lazy(async () => import('../pages/Deliveries.tsx'));

function Pages(): ReactNode {
  return (
    <Suspense fallback={<Loading />}>
      <Switch>
        <Route path="/">
          <Redirect to="/incidents" replace />
        </Route>
        <Route path="/incidents" component={Queue} />
        <Route path="/incidents/:id">{({ id }) => <Incident id={id} />}</Route>
        <Route path="/detections" component={Detections} />
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
  if (mustSignIn || offered) return <SignIn />;
  return (
    <Shell session={session.data}>
      <Pages />
    </Shell>
  );
}
