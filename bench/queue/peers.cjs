// The Node peers of bench/queue, each as its documents advise for speed; NODE_PATH leads to their packages.
//
//     node peers.cjs graphile-worker|pg-boss setup|bulk|sql|each|trickle|work DSN [N]
const [, , name, action, dsn, number] = process.argv;
const count = Number(number || 0);
const PRODUCERS = 8, PAUSE_MS = 20, BATCH = 1000, BULK = 5000;
const now = () => (performance.timeOrigin + performance.now()) / 1000;
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

let said = false;
const starts = (n = 0) => {
  if (n || !said) console.log(`start ${n} ${now()}`);
  said = true;
};

const each = async (one) => {
  let left = count;
  await Promise.all(Array.from({ length: PRODUCERS }, async () => {
    while (left-- > 0) await one(0);
  }));
};

const trickle = async (one) => {
  for (let n = 1; n <= count; n++) {
    await one(n);
    console.log(`commit ${n} ${now()}`);
    await pause(PAUSE_MS);
  }
};

const graphile = async () => {
  const { run, runMigrations, makeWorkerUtils, Logger } = require("graphile-worker");
  const logger = new Logger(() => () => {});
  if (action === "setup") return runMigrations({ connectionString: dsn, logger });
  if (action === "work") {
    const preset = {
      worker: {
        // As its page on performance has it: a quarter more jobs/s than with a queue of 1000, and half of the latency.
        connectionString: dsn, concurrentJobs: 24, maxPoolSize: 25, logger,
        localQueue: { size: 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0,
      },
    };
    const runner = await run({ preset, taskList: { noop: async (payload) => starts(payload.n) } });
    return runner.promise;
  }
  const pool = new (require("pg").Pool)({ connectionString: dsn, max: PRODUCERS });
  const utils = await makeWorkerUtils({ pgPool: pool, logger });
  const one = (n) => utils.addJob("noop", n ? { n } : {});
  const began = now();
  if (action === "bulk") {
    for (let begin = 0; begin < count; begin += BULK) {
      const size = Math.min(BULK, count - begin);
      await utils.addJobs(Array.from({ length: size }, () => ({ identifier: "noop", payload: {} })));
    }
  } else if (action === "sql") {
    for (let begin = 0; begin < count; begin += BULK) {
      await pool.query(
        `select 1 from graphile_worker.add_jobs(array(
           select row('noop', '{}'::json, null, null, null, null, null, null)::graphile_worker.job_spec
           from generate_series(1, $1::int)))`, [Math.min(BULK, count - begin)]);
    }
  } else await (action === "each" ? each(one) : trickle(one));
  console.log(`took ${now() - began}`);
  await utils.release();
  await pool.end();
};

const pgBoss = async () => {
  const { PgBoss } = require("pg-boss");
  const boss = new PgBoss({ connectionString: dsn, max: PRODUCERS, supervise: false, schedule: false });
  boss.on("error", () => {});
  await boss.start();
  const began = now();
  if (action === "setup") {
    await boss.createQueue("noop");
  } else if (action === "work") {
    // Its own `work` waits half a second or longer between batches: fetch and complete are its way to speed.
    // What it has fetched it completes also when it is to end, or that is active for ever and no later drain comes to an end.
    let finishing = Promise.resolve(), ending = false;
    process.once("SIGTERM", () => { ending = true; });
    while (!ending) {
      const jobs = await boss.fetch("noop", { batchSize: BATCH });
      await finishing;
      if (!jobs.length) {
        await pause(2);
        continue;
      }
      for (const job of jobs) starts(job.data && job.data.n);
      finishing = boss.complete("noop", jobs.map((job) => job.id));
    }
    await finishing;
  } else if (action === "bulk") {
    for (let begin = 0; begin < count; begin += BULK) {
      await boss.insert("noop", Array.from({ length: Math.min(BULK, count - begin) }, () => ({})));
    }
  } else await (action === "each" ? each : trickle)((n) => boss.send("noop", n ? { n } : {}));
  console.log(`took ${now() - began}`);
  await boss.stop({ graceful: false });
};

({ "graphile-worker": graphile, "pg-boss": pgBoss })[name]().then(
  () => process.exit(0), (error) => { console.error(error); process.exit(1); });
