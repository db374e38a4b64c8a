import { Command, Option } from 'commander';
import { importFiles } from '../../collector/import/import-files.ts';
import type { ImportProgress } from '../../collector/import/import-files.ts';
import { IMPORT_FORMATS } from '../../collector/import/formats.ts';
import type { ImportFormat } from '../../collector/import/formats.ts';
import { openStore } from '../../store/open.ts';
import { EXIT } from '../exit.ts';
import { progressLine } from '../progress-line.ts';
import { storeConfig } from '../with-store.ts';

const HELP = `
Formats:
  calls       each line is one JSON object, as below
  cloudtrail  AWS CloudTrail, files of S3 or one record a line
  cloudflare  Cloudflare Logpush, data set http_requests
  aws-waf     AWS WAF web ACL logs
  aws-alb     access logs of an AWS Application Load Balancer
  nginx       the combined format (more behind it is left), or JSON keyed by NGINX's variable names
  envoy       JSON with the default keys of Istio or Envoy Gateway
Logs know a token only where they were told to log the header that carries it.

Each line of the format calls is one JSON object; only "time" must be there:
  who    time (ISO or epoch ms), token or token_hash, client, subject, auth_result
  token  token_environment, token_issued_at, token_expires_at, token_certificate_sha256, granted_scopes
  what   service, environment, scope, method, route, path, status, fields (names), amount, currency
  where  ip, country, user_agent, tls_version, client_cert_sha256
  which  object_type, object, object_owner, nonce, stated_at
Moments of tokens are Unix seconds or ISO, lists are arrays or texts with spaces between. Other keys are
named once and left. Tokens, addresses, subjects, objects and nonces are hashed as they are read; importing
the same file again adds nothing. A line that cannot be read is told with its number, the rest goes on.
The last line printed is a JSON summary: {"read", "kept", "rejected"}.`;

interface ImportFlags {
  format: ImportFormat;
  service?: string;
}

/** `tokenwatch import FILE…`: calls of the past become baselines. */
export function importCommand(): Command {
  return new Command('import')
    .description('read calls from files, so that baselines exist from the first day')
    .argument('<file...>', 'calls or logs, one a line, plain, gzip or zstd; - reads standard input')
    .addOption(
      new Option('--format <format>', 'what the files hold')
        .choices(IMPORT_FORMATS)
        .default('calls'),
    )
    .option('--service <name>', 'the service of calls that name none (combined format of NGINX)')
    .addHelpText('after', HELP)
    .action(async (files: string[], options: ImportFlags, command: Command) => {
      const config = await storeConfig(command);
      const store = await openStore(config);
      const bar = progressLine(process.stderr);
      try {
        const summary = await importFiles({
          config,
          db: store.db,
          files,
          format: options.format,
          service: options.service,
          stdin: process.stdin,
          onProgress: (progress) => {
            bar.show(
              shareOf(progress),
              `${progress.file}: ${progress.kept.toLocaleString('en')} calls`,
            );
          },
          onNote: (note) => {
            bar.clear();
            process.stderr.write(`${note}\n`);
          },
        });
        bar.clear();
        process.stdout.write(`${JSON.stringify(summary)}\n`);
        if (summary.read > 0 && summary.kept === 0) process.exitCode = EXIT.failed;
      } finally {
        bar.clear();
        await store.close();
      }
    });
}

function shareOf({ position, size }: ImportProgress): number | null {
  return size === null || size === 0 ? null : position / size;
}
