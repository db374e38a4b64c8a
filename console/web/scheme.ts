// Runs before the first paint, so that a dark room stays dark: the page's own choice, else the system's.
const chosen = localStorage.getItem('tokenwatch-scheme');
const dark =
  chosen === 'dark' || (chosen !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
document.documentElement.dataset['mantineColorScheme'] = dark ? 'dark' : 'light';

export {};
