/** As in `model/severity.ts`, which configuration may not import; a test keeps the two equal. */
export const SEVERITY_NAMES = ['low', 'medium', 'high', 'critical'] as const;
