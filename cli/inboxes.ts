import { fileURLToPath } from 'node:url';
import { createStandIns } from '../demo/stand-ins/stand-ins.ts';
import { isFree } from './ports.ts';

/** Local stand-ins for Slack, mail and the tokens' issuer, and the configuration that uses them. */
export interface Inboxes {
  name: string;
  /** The page that shows what arrived. */
  url: string;
  /** The issuer's address, where services ask for revoked tokens. */
  issuerUrl: string;
  /** What lies beneath the user's own settings while the example bank runs. */
  configDefaults: Record<string, unknown>;
  stop: () => Promise<void>;
}

const PAGE_PORT = 8025;
/** The rules that come with tokenwatch. */
const PACKAGED_RULES = fileURLToPath(new URL('../rules', import.meta.url));

/** Starts the stand-ins on the loopback address, with secrets made for this run. */
export async function startInboxes(): Promise<Inboxes> {
  const httpPort = (await isFree('127.0.0.1', PAGE_PORT)) ? PAGE_PORT : 0;
  const standIns = await createStandIns({ httpPort });
  const { slack, mail, issuer } = standIns;
  return {
    name: 'inboxes',
    url: standIns.url,
    issuerUrl: issuer.address,
    configDefaults: {
      console: { anonymous: 'viewer' },
      detector: { rules: [PACKAGED_RULES] },
      alerting: {
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
        // Two detections that agree on a critical incident revoke by themselves; the rest asks a person.
        // Short times: whoever tries the example wants to see the proof, and the bank is quick.
        revocation: {
          mode: 'auto',
          auto: { min_severity: 'critical', min_detections: 2 },
          grace: '10s',
          watch: '45s',
        },
      },
    },
    stop: () => standIns.stop(),
  };
}
