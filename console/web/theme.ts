import { createTheme, localStorageColorSchemeManager } from '@mantine/core';
import type { MantineColorsTuple } from '@mantine/core';

const ink: MantineColorsTuple = [
  '#eef2ff',
  '#dfe6fd',
  '#bccaf8',
  '#96acf3',
  '#7693ee',
  '#6283ec',
  '#4c6ee6',
  '#3d5ccc',
  '#3351b7',
  '#2645a1',
];

/** Blue-grey darks: calmer than pure grey beside severity colours. */
const dark: MantineColorsTuple = [
  '#d3d9e4',
  '#aab4c5',
  '#8893a7',
  '#5b6579',
  '#3a4356',
  '#2a3242',
  '#1f2634',
  '#171d29',
  '#11161f',
  '#0b0f16',
];

export const theme = createTheme({
  primaryColor: 'ink',
  primaryShade: 7,
  colors: { ink, dark },
  defaultRadius: 'md',
  fontFamily: "'Inter Variable', system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif",
  fontFamilyMonospace: "'JetBrains Mono Variable', ui-monospace, SFMono-Regular, Menlo, monospace",
  headings: { fontWeight: '640' },
  cursorType: 'pointer',
});

export const schemeManager = localStorageColorSchemeManager({ key: 'tokenwatch-scheme' });
