interface TrustedTypes {
  createPolicy: (name: string, rules: { createHTML: (html: string) => string }) => unknown;
}

/**
 * The page's policy on markup from strings: style sheets (Mantine's) hold no tag and pass; anything
 * with a tag becomes nothing, wherever it came from. Browsers without Trusted Types have the CSP.
 */
export function allowOnlyStyles(): void {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
  trustedTypes?.createPolicy('default', {
    createHTML: (html) => (html.includes('<') ? '' : html),
  });
}
