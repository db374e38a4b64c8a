/** Words of a route behind which there is usually something worth protecting. */
const WORDS =
  /account|payment|transfer|transaction|card|customer|user|admin|balance|statement|beneficiar|iban|loan|mandate|kyc|document|secret|api-?key|export|refund|payout|invoice|profile|internal|debug|actuator|backup|config|payroll|salary|credit|report/i;

/** Names of fields that a caller should not be able to set. */
const FIELDS =
  /admin|role|permission|scope|privilege|owner|is_?staff|verified|approved|balance|credit|limit|status|password|secret|tenant|created_?(?:at|by)|user_?id|account_?id/i;

/** Whether a route looks as if it needed a credential. */
export function looksSensitive(route: string): boolean {
  return WORDS.test(route);
}

/** Whether a field looks as if a caller should not set it. */
export function isPrivileged(field: string): boolean {
  return FIELDS.test(field);
}
