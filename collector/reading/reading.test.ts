import { describe, expect, it } from 'vitest';
import { forwardedEntries, forwardedForEntries, trustedEntry } from './forwarded.ts';
import { maskText, passesLuhn } from './mask.ts';
import { isTemplate, routeOfPath, routeOfTemplate, saysLess } from './route.ts';

describe('routeOfPath', () => {
  it.each([
    ['/accounts/4711/cards?limit=3#x', '/accounts/:id/cards'],
    ['https://user@api.example:8443/v1/x/', '/v1/x'],
    ['/v2/users/2f1e0a9c-5d55-4f6e-9a55-0123456789ab', '/v2/users/:id'],
    ['/statements/2025-01-31/pdf', '/statements/:date/pdf'],
    ['/users/anna%40example.com', '/users/:id'],
    ['/oauth2/token/sha256', '/oauth2/token/:id'],
    ['/iban/DE89370400440532013000', '/iban/:id'],
    ['/deadbeefdeadbeef', '/:id'],
    ['', '/'],
    ['/%E0%A4%A', '/:id'],
    [`/${'a/'.repeat(40)}`, `/${Array.from({ length: 10 }, () => 'a').join('/')}/*`],
  ])('%s', (path, route) => {
    expect(routeOfPath(path)).toBe(route);
  });
});

describe('routeOfTemplate', () => {
  it.each([
    ['/accounts/:id', '/accounts/:id'],
    ['/v1/accounts/{accountId}/cards/<int:card2>', '/v1/accounts/{accountId}/cards/<int:card2>'],
    ['/users/anna@example.com/:id', '/users/:id/:id'],
    ['/pay/4111111111111111', '/pay/:id'],
  ])('%s', (route, kept) => {
    expect(routeOfTemplate(route)).toBe(kept);
  });
});

describe('what a service calls a route', () => {
  it.each(['/accounts/:id', '/accounts/{id}', '/accounts/<account>', '/files/*', '/a/[id]'])(
    'is a template: %s',
    (route) => expect(isTemplate(route)).toBe(true),
  );

  it.each([
    ['/', '/accounts/:id'],
    ['/accounts/', '/accounts/:id'],
    ['/accounts', '/accounts/:id/cards'],
    ['^/accounts/.+$', '/accounts/:id'],
    ['~/accounts/(', '/accounts/:id'],
  ])('says less than the path: %s', (route, path) => {
    expect(isTemplate(route)).toBe(false);
    expect(saysLess(route, path)).toBe(true);
  });

  it.each([
    ['/', '/'],
    ['/accounts', '/accounts'],
    ['/accounts/', '/accounts'],
    ['/account', '/accounts'],
    ['/internal', '/accounts/:id'],
    ['^/accounts$', ''],
  ])('stands: %s', (route, path) => {
    expect(saysLess(route, path)).toBe(false);
  });
});

describe('maskText', () => {
  it.each([
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0',
    'accounts:read payments:write',
    'payments-api-production-eu-west-1',
    'Net::HTTP Ruby',
    '2f1e0a9c-5d55-4f6e-9a55-0123456789ab',
    'https://auth.example.com/scopes/transfer.readonly',
    '4111111111111112',
  ])('leaves alone: %s', (text) => {
    expect(maskText(text)).toEqual({ text, masked: [] });
  });

  it.each([
    ['card 4111-1111-1111-1111.', 'card [card].', 'card'],
    ['to anna@example.com', 'to [mail]', 'mail'],
    ['from 203.0.113.7:443', 'from [ip]:443', 'ip'],
    ['from 2001:db8::1', 'from [ip]', 'ip'],
    [`x ${['AKIA', 'IOSFODNN7EXAMPLE'].join('')}`, 'x [key]', 'key'],
    ['Bearer abc.def-ghi', '[key]', 'key'],
  ])('masks: %s', (text, masked, kind) => {
    expect(maskText(text)).toEqual({ text: masked, masked: [kind] });
  });

  it('keeps masked identifiers apart by their label', () => {
    const label = (match: string): string => String(match.length);
    expect(maskText('a@example.com', 'id', label).text).toBe('[mail:13]');
  });

  it('checks card numbers as ISO/IEC 7812 does', () => {
    expect(['4111111111111111', '378282246310005', '6011111111111117'].every(passesLuhn)).toBe(
      true,
    );
    expect(['4111111111111112', '42', '0'.repeat(20)].some(passesLuhn)).toBe(false);
  });
});

describe('trusted hops', () => {
  const header = ['6.6.6.6, 203.0.113.9', '10.0.0.1'];

  it('counts from the right, so that what a client wrote is not believed', () => {
    expect(trustedEntry(forwardedForEntries(header), 2)).toBe('203.0.113.9');
    expect(trustedEntry(forwardedForEntries(header), 1)).toBe('10.0.0.1');
    expect(trustedEntry(forwardedForEntries(header), 4)).toBe(null);
  });

  it('reads Forwarded, quotes and all', () => {
    const entries = forwardedEntries(['for=6.6.6.6, by=x;For="[2001:db8::1]:443";proto=https']);
    expect(trustedEntry(entries, 1)).toBe('[2001:db8::1]:443');
  });
});
