/** A process that starts the embedded server on argv[2], says where it is, and holds on. */
import { startEmbedded } from '../../store/embedded/start-embedded.ts';

const server = await startEmbedded({ dataDir: process.argv[2] ?? '', port: 0 });
process.stdout.write(`${JSON.stringify({ url: server.url, pid: server.pid })}\n`);
setInterval(() => undefined, 60_000);
