import '@mantine/core/styles.css';
import './styles/main.css';
import { MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './shell/App.tsx';
import { queryClient } from './data/queries.ts';
import { settleLocale } from './locale.ts';
import { schemeManager, theme } from './theme.ts';
import { allowOnlyStyles } from './trusted.ts';

const root = document.getElementById('root');
const nonce = document.querySelector<HTMLScriptElement>('script#tokenwatch')?.nonce ?? '';
// How `react-remove-scroll` (beneath dialogs) learns the nonce of its style sheet.
(globalThis as { __webpack_nonce__?: string }).__webpack_nonce__ = nonce;

allowOnlyStyles();
settleLocale();
if (root === null) throw new Error('the page has no #root');
createRoot(root).render(
  <StrictMode>
    <MantineProvider
      theme={theme}
      colorSchemeManager={schemeManager}
      defaultColorScheme="auto"
      getStyleNonce={() => nonce}
    >
      <QueryClientProvider client={queryClient}>
        <App />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
