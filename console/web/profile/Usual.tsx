import { SimpleGrid } from '@mantine/core';
import type { ReactNode } from 'react';
import type { Usual as UsualData } from '../api-types.ts';
import { VolumeChart } from '../charts/VolumeChart.tsx';
import { countryName } from '../ui/countries.ts';
import { Seen } from './Seen.tsx';
import { SeenMap } from './SeenMap.tsx';

/** What is usual, drawn: volume against its band, and everything it was seen with. */
export function Usual({ usual }: { usual: UsualData }): ReactNode {
  return (
    <>
      <VolumeChart volume={usual.volume} />
      <SeenMap countries={usual.countries} />
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md" verticalSpacing={0}>
        <Seen title="Countries" values={usual.countries} word={countryName} />
        <Seen title="Networks" values={usual.networks} word={(asn) => `AS${asn}`} />
        <Seen title="Scopes used" values={usual.scopes} />
        <Seen title="Routes" values={usual.routes} />
        <Seen title="Environments" values={usual.environments} />
        <Seen title="Kinds of network" values={usual.network_kinds} />
        <Seen title="User agents" values={usual.user_agents} />
      </SimpleGrid>
    </>
  );
}
