import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A private network, which no machine should have. */
const NETWORK = '10.231.7.0/24';
const hosts = ['a', 'b'].map((letter, i) => ({ name: `attune-${letter}`, address: `10.231.7.${i + 1}` }));

const ip = (...args) => execFileSync('ip', args, { stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' });

/** The start of a command line that runs in a namespace of its own network and its own name, as on another host. */
const inside = ({ name }) => [
  'ip',
  'netns',
  'exec',
  name,
  'unshare',
  '--uts',
  'sh',
  '-c',
  `hostname ${name}; exec "$@"`,
  'sh',
];

/** Two network namespaces of this machine, joined by one link. Takes root. */
export class TwoHosts {
  /** @param folder where the launch agent is written. */
  constructor(folder) {
    this.folder = folder;
    for (const { name } of hosts) ip('netns', 'add', name);
    ip('link', 'add', hosts[0].name, 'type', 'veth', 'peer', 'name', hosts[1].name);
    for (const { name, address } of hosts) {
      ip('link', 'set', name, 'netns', name);
      ip('-n', name, 'address', 'add', `${address}/24`, 'dev', name);
      ip('-n', name, 'link', 'set', 'lo', 'up');
    }
    this.connect();
    // mpirun's agent is called as ssh is: with the host, and a command for its shell.
    this.agent = join(folder, 'agent.sh');
    writeFileSync(
      this.agent,
      `#!/bin/sh\nshift\nexec ${inside(hosts[1]).map(quoted).join(' ')} sh -c "$*"\n`,
    );
    chmodSync(this.agent, 0o755);
  }

  connect() {
    for (const { name } of hosts) ip('-n', name, 'link', 'set', name, 'up');
  }

  disconnect() {
    ip('-n', hosts[0].name, 'link', 'set', hosts[0].name, 'down');
  }

  /** Delays every packet, both ways. Returns why that cannot be, if it cannot. */
  delay(milliseconds) {
    for (const { name } of hosts) {
      try {
        execFileSync(
          'tc',
          ['-n', name, 'qdisc', 'add', 'dev', name, 'root', 'netem', 'delay', `${milliseconds}ms`],
          {
            stdio: ['ignore', 'ignore', 'pipe'],
            encoding: 'utf8',
          },
        );
      } catch (error) {
        return (error.stderr || error.message).trim().split('\n')[0];
      }
    }
    return undefined;
  }

  noDelay() {
    for (const { name } of hosts) execFileSync('tc', ['-n', name, 'qdisc', 'del', 'dev', name, 'root']);
  }

  /**
   * Starts one rank of a program on each host, with MPI held to TCP over the link. Each rank writes its exit code to a file:
   * mpirun has but one.
   */
  start(...command) {
    const codes = hosts.map((_, rank) => join(this.folder, `code-${rank}`));
    const shell = `"$@"; code=$?; echo $code > "${join(this.folder, 'code-')}$OMPI_COMM_WORLD_RANK"; exit $code`;
    const overLink = ['btl_tcp_if_include', 'oob_tcp_if_include'].flatMap((name) => ['--mca', name, NETWORK]);
    const [program, ...args] = [
      ...inside(hosts[0]),
      ...['mpirun.openmpi', '--allow-run-as-root', '-n', '2'],
      ...['--host', hosts.map(({ address }) => `${address}:1`).join(), '--mca', 'plm_rsh_agent', this.agent],
      ...['--mca', 'btl', 'tcp,self', ...overLink],
      ...['sh', '-c', shell, 'sh', ...command],
    ];
    // Output goes to a file: daemons of mpirun that outlive it would hold a pipe open.
    const output = join(this.folder, 'output.txt');
    const child = spawn('sh', ['-c', 'exec "$@" > "$0" 2>&1', output, program, ...args], { stdio: 'ignore' });
    return {
      ended: once(child, 'exit').then(([code, signal]) => code ?? signal),
      output: () => (existsSync(output) ? readFileSync(output, 'utf8') : ''),
      codes: () => codes.map((file) => (existsSync(file) ? Number(readFileSync(file, 'utf8')) : undefined)),
    };
  }

  /** The processes of a host. */
  processes() {
    return hosts.flatMap(({ name }) => ip('netns', 'pids', name).split('\n').filter(Boolean).map(Number));
  }

  /** The command lines of ranks that still run on either host. */
  ranks() {
    return this.processes().filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith(process.execPath);
      } catch {
        return false;
      }
    });
  }

  /** Ends what is left of a task. */
  clear() {
    for (const pid of this.processes()) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has ended by itself.
      }
    }
  }

  dispose() {
    this.clear();
    for (const { name } of hosts) ip('netns', 'del', name);
  }
}

const quoted = (word) => `'${word.replaceAll("'", String.raw`'\''`)}'`;
