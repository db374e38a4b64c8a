/**
 * The child process that is the embedded ClickHouse server: it loads `libchdb.so` (the whole of
 * ClickHouse) and runs `clickhouse local` with listeners on, until it is told to stop or its
 * parent is gone. The main thread stays free to watch for that; ClickHouse runs in its own.
 *
 * Started by start-embedded.ts with an IPC channel; takes one {@link ServerOrder} as argv[2].
 */
import { writeFileSync } from 'node:fs';
import { DataType, arrayConstructor, load, open } from 'ffi-rs';

/** What the parent asks for; the password comes by IPC, not by argv, which others can read. */
export interface ServerOrder {
  library: string;
  storePath: string;
  configFile: string;
  httpPort: number;
  tcpPort: number;
  user: string;
  /** Where others look for a running server; from the first moment of a stop it says so. */
  endpointFile: string;
}

/** A query that never ends and costs next to nothing; killing it stops the server in order. */
const HOLDING_QUERY =
  'SYSTEM START LISTEN HTTP; SYSTEM START LISTEN TCP; ' +
  'SELECT sleepEachRow(1) FROM system.numbers ' +
  'SETTINGS max_block_size = 1, function_sleep_max_microseconds_per_block = 0 FORMAT Null';

/** How long an orderly shutdown may take before the process ends regardless, in ms. */
const SHUTDOWN_LIMIT = 20_000;

const order = JSON.parse(process.argv[2] ?? '{}') as ServerOrder;
let password = '';
let stopping = false;

async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  const { httpPort, tcpPort } = order;
  writeFileSync(
    order.endpointFile,
    JSON.stringify({ pid: process.pid, httpPort, tcpPort, stopping }),
    { mode: 0o600 },
  );
  setTimeout(() => process.exit(1), SHUTDOWN_LIMIT).unref();
  // The holding query is the one that no user sent over the network.
  const query = "KILL QUERY WHERE user = '' SYNC";
  try {
    await fetch(`http://127.0.0.1:${String(order.httpPort)}/`, {
      method: 'POST',
      headers: {
        Connection: 'close',
        'X-ClickHouse-User': order.user,
        'X-ClickHouse-Key': password,
      },
      body: query,
      signal: AbortSignal.timeout(SHUTDOWN_LIMIT),
    });
  } catch {
    // The answer can be cut off by the very shutdown it asks for; the timer above is the backstop.
  }
}

async function serve(): Promise<void> {
  open({ library: 'libchdb', path: order.library });
  const argv = [
    'clickhouse',
    `--path=${order.storePath}`,
    `--config-file=${order.configFile}`,
    '--listen_host=127.0.0.1',
    `--http_port=${String(order.httpPort)}`,
    `--tcp_port=${String(order.tcpPort)}`,
    `--query=${HOLDING_QUERY}`,
  ];
  await load({
    library: 'libchdb',
    funcName: 'query_stable_v2',
    retType: DataType.I64,
    paramsType: [
      DataType.I32,
      arrayConstructor({ type: DataType.StringArray, length: argv.length }),
    ],
    paramsValue: [argv.length, argv],
    runInNewThread: true,
  });
}

process.on('disconnect', () => void stop());
process.on('SIGTERM', () => void stop());
// A terminal's Ctrl-C reaches the whole process group: the parent decides when we stop.
process.on('SIGINT', () => undefined);
process.once('message', (message: { password: string }) => {
  password = message.password;
  serve().then(
    () => process.exit(stopping ? 0 : 1),
    (error: unknown) => {
      process.stderr.write(`embedded ClickHouse: ${String(error)}\n`);
      process.exit(1);
    },
  );
});
