// A small region of its own, made of real processes: a hub, and gateways that watch real folders.
// Collected by the demonstration and then served by `hakucho hub run`, so that nothing happens but what a test does.
import { execFile, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync, existsSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { pause, portal, until } from "./portal.mjs";

// A gateway speaks every 15 s: after 20 s without a word it is silent.
const ENVIRONMENT = {
  HAKUCHO_SESSION__SECURE_COOKIES: "false", HAKUCHO_SOURCES__SILENT_SECONDS: "20", HAKUCHO_LOG: "warn",
};
const PERSON = "P0000001";

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

export class Lab {
  static async start() {
    const lab = new Lab();
    lab.running = new Map();
    try {
      return await lab.begin();
    } catch (error) {
      await lab.close();
      throw error;
    }
  }

  async begin() {
    const lab = this;
    lab.program = process.env.BROWSER_TEST_PROGRAM;
    if (!lab.program) throw new Error("run these tests through: cargo xtask browser");
    lab.folder = mkdtempSync(join(tmpdir(), "hakucho-lab-"));
    lab.data = join(lab.folder, "data");
    const logins = join(lab.folder, "logins.json");
    const port = await freePort();
    lab.spawn("demo", ["demo", "--residents", "12", "--port", `${port}`, "--data", lab.data, "--logins", logins]);
    await until("the demonstration", 90, () => lab.answers(port));
    await lab.stop("demo");
    await lab.run("region", "--residents", "12", "--seed", "1", "--out", join(lab.folder, "region"));
    const again = await freePort();
    lab.spawn("hub", ["hub", "run", "--data", lab.data, "--listen", `127.0.0.1:${again}`]);
    await until("the hub", 60, () => lab.answers(again));
    Object.assign(lab, portal(`http://127.0.0.1:${again}`, logins));
    return lab;
  }

  async answers(port) {
    for (const [name, child] of this.running) {
      if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}`);
    }
    return fetch(`http://127.0.0.1:${port}/health`).then((answer) => answer.ok, () => false);
  }

  spawn(name, words) {
    const options = { env: { ...process.env, ...ENVIRONMENT }, stdio: ["ignore", "ignore", "inherit"] };
    this.running.set(name, spawn(this.program, words, options));
  }

  // Asks a process to end (SIGTERM) and waits until it has.
  async stop(name) {
    const child = this.running.get(name);
    this.running.delete(name);
    if (!child || child.exitCode !== null) return;
    child.kill("SIGTERM");
    for (let waited = 0; child.exitCode === null && child.signalCode === null; waited += 50) {
      if (waited > 15_000) child.kill("SIGKILL");
      await pause(50);
    }
  }

  async close() {
    for (const name of [...this.running.keys()].reverse()) await this.stop(name);
    if (this.folder) rmSync(this.folder, { recursive: true, force: true });
  }

  // Runs a command of the program to its end, beside the hub.
  async run(...words) {
    const options = { env: { ...process.env, ...ENVIRONMENT } };
    return (await promisify(execFile)(this.program, words, options)).stdout.trim();
  }

  // Starts the gateway of a facility over a folder of SS-MIX2 files (made if it is not there).
  async gateway(facility) {
    const root = join(this.folder, "sites", facility);
    mkdirSync(root, { recursive: true });
    const token = await this.run("hub", "token", "--data", this.data, "--facility", facility);
    this.spawn(`gateway ${facility}`, [
      "gateway", "run", "--data", join(this.folder, "gateways", facility), "--hub", this.url, "--token", token,
      "--facility", facility, "--watch", `ss-mix2:chart=${root}`,
    ]);
    return root;
  }

  // What a facility's register says of consents and relationships.
  async consent(facility, ...lines) {
    this.consents = (this.consents ?? 0) + 1;
    const file = join(this.folder, `consents-${this.consents}.csv`);
    writeFileSync(file, `local_id,entry,facilities,reason,from,until\n${lines.join("\n")}\n`);
    await this.run(
      "import", "--data", this.data, "--facility", facility, "--source", "consents", "--format", "consent", file,
    );
  }

  // The number a facility knows the person of the story by.
  localId(facility) {
    const lines = readFileSync(join(this.folder, "region", "truth.csv"), "utf8").split(/\r?\n/);
    return lines.map((line) => line.split(",")).find((line) => line[0] === facility && line[2] === PERSON)[1];
  }
}

// A day in Japan, `YYYYMMDD`.
export function today() {
  return new Date(Date.now() + 9 * 3600_000).toISOString().slice(0, 10).replaceAll("-", "");
}

// An SS-MIX2 file of the storage below `root`, named as the guideline 1.2g §3 says.
export class Storage {
  constructor(root, patient) {
    Object.assign(this, { root, patient, clock: 0 });
  }

  // A transaction time later than all before.
  time() {
    this.clock += 1;
    return `${today()}12${String(Math.floor(this.clock / 60)).padStart(2, "0")}${String(this.clock % 60).padStart(2, "0")}000`;
  }

  path(day, type, order, time, flag) {
    const { root, patient } = this;
    const name = `${patient}_${day}_${type}_${order}_${time}_01_${flag}`;
    return join(root, patient.slice(0, 3), patient.slice(3, 6), patient, day, type, name);
  }

  write(path, segments) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `${segments.join("\r")}\r\u001c`);
    return path;
  }

  // A laboratory result (OML-11).
  laboratory(order, value, time = this.time()) {
    const day = today();
    const at = time.slice(0, 14);
    return this.write(this.path(day, "OML-11", order, time, 1), [
      `MSH|^~\\&|HIS|SEND|GW|RCV|${at}.000||OUL^R22^OUL_R22|${order}${at}|P|2.5||||||UNICODE UTF-8|||SS-MIX2_1.20^SS-MIX2^1.2.392.200250.2.1.100.1.2.120^ISO`,
      this.identity(), "PV1|0001|O|01^^^^^C",
      `SPM|1|${order}||023^血清^JC10|||||||||||||${day}0900`,
      `OBR|1|${order}||E002^検体検査^99EXM|||${day}0900`, `ORC|SC|${order}|||CM||||${at}`,
      `OBX|1|NM|5C070000002306201^CRP^JC10||${value}|mg/dL^mg/dL^99UNT|0.00-0.14|H|||F|||${day}0900`,
    ]);
  }

  // A diagnosis (PPR-01).
  diagnosis(order, icd10, name) {
    const time = this.time();
    const at = time.slice(0, 14);
    const day = today();
    return this.write(this.path("-", "PPR-01", order, time, 1), [
      `MSH|^~\\&|HIS|SEND|GW|RCV|${at}.000||PPR^ZD1^PPR_ZD1|${order}${at}|P|2.5||||||UNICODE UTF-8|||SS-MIX2_1.20^SS-MIX2^1.2.392.200250.2.1.100.1.2.120^ISO`,
      this.identity(),
      `PRB|AD|${day}|D${icd10}^${name}^99DIS|${order}|||${day}|||${icd10}^^I10||||||${day}|${name}`,
      `ORC|NW|${order}`,
    ]);
  }

  identity() {
    return `PID|0001||${this.patient}^^^^PI||佐倉^花子^^^^^L^I~サクラ^ハナコ^^^^^L^P||19400505|F`;
  }
}

// The same file under another condition flag: 1 holds, 2 superseded, 0 deleted. The bytes stay.
export function flag(path, to) {
  const renamed = path.replace(/_[012]$/, `_${to}`);
  if (!existsSync(path)) throw new Error("the file is gone");
  renameSync(path, renamed);
  return renamed;
}
