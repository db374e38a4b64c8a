import { expect, it } from 'vitest';
import { callOfCloudflare } from './cloudflare.ts';

/** A sample of IBM's guide to Cloudflare Logs, shortened to what is read and some that is not. */
const SAMPLE = {
  ...{ ClientIP: '10.0.0.1', ClientRequestHost: 'host.domain.test', ClientRequestMethod: 'GET' },
  ...{ ClientRequestURI: '/cdn-cgi/images/cf-icon-cloud.png?x=1', EdgeResponseBytes: 1895 },
  ...{ EdgeResponseStatus: 200, EdgeStartTimestamp: '2020-10-13T19:49:36Z', ClientASN: 855 },
  ...{ ClientRequestPath: '/cdn-cgi/images/cf-icon-cloud.png', ClientSSLProtocol: 'none' },
  ...{ RayID: '5e1b95b9ea390cc5', ClientRequestUserAgent: 'Mozilla/5.0' },
};

it('a Logpush record is a call, without a token where none is logged', () => {
  expect(callOfCloudflare(SAMPLE)).toEqual({
    ...{ time: Date.UTC(2020, 9, 13, 19, 49, 36), service: 'host.domain.test', method: 'GET' },
    ...{ path: '/cdn-cgi/images/cf-icon-cloud.png', status: 200, ip: '10.0.0.1' },
    user_agent: 'Mozilla/5.0',
  });
});

it('reads the token and TLS where they are logged, and times in any unit', () => {
  const RequestHeaders = { Authorization: 'Bearer abc.def' };
  const record = { ...SAMPLE, RequestHeaders, ClientSSLProtocol: 'TLSv1.2' };
  expect(callOfCloudflare(record)).toMatchObject({
    token: 'Bearer abc.def',
    tls_version: 'TLSv1.2',
  });
  for (const stamp of [1526810289, 1526810289000, 1526810289000000000]) {
    const call = callOfCloudflare({ ...SAMPLE, EdgeStartTimestamp: stamp });
    expect(call).toMatchObject({ time: 1526810289000 });
  }
});

it('says what is wrong with a record, without its values', () => {
  expect(callOfCloudflare({ ...SAMPLE, EdgeResponseStatus: 'secret' })).toMatch(
    /^EdgeResponseStatus: (?!.*secret)/,
  );
  expect(callOfCloudflare('x')).toBe('expected a Logpush record');
});
