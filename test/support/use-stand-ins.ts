import { alertingSchema } from '../../config/alerting.ts';
import type { Config } from '../../config/schema.ts';
import type { StandIns } from '../../demo/stand-ins/stand-ins.ts';

/** Configures alerting to talk to the stand-ins, and to revoke by itself on two detections. */
export function useStandIns(standIns: StandIns): (config: Config) => Config {
  const { slack, mail, issuer } = standIns;
  return (config) => ({
    ...config,
    console: { ...config.console, anonymous: 'viewer' },
    alerting: alertingSchema.parse({
      receivers: {
        'on-call': {
          type: 'slack',
          token: slack.token,
          channel: slack.channel,
          api_url: slack.apiUrl,
        },
        soc: {
          type: 'email',
          host: '127.0.0.1',
          port: mail.port,
          tls: 'none',
          from: 'tokenwatch@bank.example',
          to: ['soc@bank.example'],
        },
        issuer: {
          type: 'revocation',
          url: issuer.url,
          allow_private_network: true,
          secrets: [issuer.secret],
        },
      },
      revocation: { mode: 'auto', auto: { min_severity: 'high', min_detections: 2 } },
    }),
  });
}
