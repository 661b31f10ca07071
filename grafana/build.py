"""Writes grafana/dashboards: python3 grafana/build.py

The dashboards are code, since their panels repeat; a test holds the files against it. Grafana loads the files.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from grafana.panels import Dashboard, Panel, Variable

FOLDER = Path(__file__).resolve().parent / "dashboards"
QUEUE = Variable("queue", "Queue", "label_values(headrace_job_wait_seconds_count, queue)")
APP = Variable("app", "App", "label_values(headrace_jobs_started_total, app)")
TYPE = Variable("type", "Type", "label_values(headrace_jobs_started_total, type)")
INSTANCE = Variable("instance", "Process", "label_values(headrace_build_info, instance)")
LANGUAGE = Variable("language", "Language", "label_values(headrace_scripts_total, language)")
SQL_APP = Variable(
    "app",
    "App",
    "select distinct app from headrace_views.queue_depth union select app from headrace_views.job_throughput",
    "postgres",
)
API = Variable("api", "API", "http://localhost:8080", "textbox")


def rate(metric: str, by: str = "", where: str = "") -> str:
    """A counter a second, summed by labels."""
    return f"sum by ({by}) (rate({metric}{{{where}}}[$__rate_interval]))"


def quantile(q: float, histogram: str, by: str = "", where: str = "") -> str:
    """A quantile of a histogram."""
    labels = f"le, {by}" if by else "le"
    return f"histogram_quantile({q}, sum by ({labels}) (rate({histogram}_bucket{{{where}}}[$__rate_interval])))"


def average(histogram: str) -> str:
    """The mean of what a histogram observed."""
    return f"sum(rate({histogram}_sum[$__rate_interval])) / sum(rate({histogram}_count[$__rate_interval]))"


def share(part: str, whole: str) -> str:
    """A part of a whole, 0 where nothing happens."""
    return f"({part} / ({whole} > 0)) or vector(0)"


def outcomes(title: str, what: str, counter: str, *, stacked: bool = False) -> Panel:
    """A counter by how it came out."""
    return Panel(title, what, [("{{outcome}}", rate(counter, "outcome"))], unit="ops", stacked=stacked)


def oldest(title: str, what: str, gauge: str) -> Panel:
    """How long the first in a line has waited: more than a minute is odd, more than ten are bad."""
    return Panel(title, what, [("oldest", f"max({gauge})")], unit="s", warn=60, bad=600)


FINISHED = "headrace_jobs_finished_total"
FAILED = share(f'sum(rate({FINISHED}{{outcome="failed"}}[5m]))', f"sum(rate({FINISHED}[5m]))")
OLDEST = "max(headrace_queue_oldest_seconds) or vector(0)"
UP = Panel(
    "Database",
    "1 if the last look at the database succeeded, from every process: the worst of them.",
    [("up", "min(headrace_database_up)")],
    kind="stat",
    width=4,
)
WORKERS = Panel(
    "Workers",
    "Workers whose heartbeat is fresh. None means that nothing runs.",
    [("alive", "max(headrace_workers_alive)")],
    kind="stat",
    width=4,
)
CLAIM = Panel(
    "Time of a claim",
    "How long the claiming statement takes. A rise at the same load points to the database.",
    [
        ("p50", quantile(0.5, "headrace_claim_duration_seconds")),
        ("p99", quantile(0.99, "headrace_claim_duration_seconds")),
    ],
    unit="s",
    warn=0.1,
    bad=0.5,
)
FINISH = Panel(
    "Time of a batch of ends",
    "One transaction that moves jobs into the history.",
    [
        ("p50", quantile(0.5, "headrace_finish_duration_seconds")),
        ("p99", quantile(0.99, "headrace_finish_duration_seconds")),
    ],
    unit="s",
    warn=0.1,
    bad=0.5,
)
POOL = Panel(
    "Connections",
    "Of each process's pool, in use and idle, against what it may open.",
    [("{{instance}} {{state}}", "headrace_pool_connections"), ("{{instance}} most", "headrace_pool_size")],
)

OVERVIEW = Dashboard(
    "headrace-overview",
    "overview",
    "Is work getting done, and how long does it wait?",
    [
        UP,
        WORKERS,
        Panel(
            "Oldest waiting",
            "How long the first claimable job of any queue has been claimable.",
            [("age", OLDEST)],
            unit="s",
            kind="stat",
            width=4,
            warn=60,
            bad=300,
        ),
        Panel(
            "Failed",
            "Share of the jobs that ended in the last 5 minutes and have their error flag set.",
            [("share", FAILED)],
            unit="percentunit",
            kind="stat",
            width=4,
            warn=0.05,
            bad=0.2,
        ),
        Panel(
            "Slots in use",
            "Share of all workers' slots that run a job.",
            [("share", "sum(headrace_worker_slots_used) / sum(headrace_worker_slots)")],
            unit="percentunit",
            kind="stat",
            width=4,
            warn=0.8,
            bad=0.95,
        ),
        Panel(
            "Not over",
            "Jobs that are pending, running, parked or stopped, by PostgreSQL's own count.",
            [("jobs", "max(headrace_jobs_live)")],
            kind="stat",
            width=4,
        ),
        Panel(
            "Jobs",
            "Created anywhere, started for the first time, and ended.",
            [
                ("created", "max(rate(headrace_jobs_created_total[$__rate_interval]))"),
                ("started", rate("headrace_jobs_started_total")),
                ("ended", rate(FINISHED)),
            ],
            unit="ops",
        ),
        Panel(
            "Ends by outcome",
            "Jobs that workers ended; failed ones have their error flag set.",
            [("{{outcome}}", rate(FINISHED, "outcome"))],
            unit="ops",
            stacked=True,
        ),
        Panel(
            "Waiting",
            "From when a job could start until it did.",
            [
                ("p50", quantile(0.5, "headrace_job_wait_seconds")),
                ("p95", quantile(0.95, "headrace_job_wait_seconds")),
                ("p99", quantile(0.99, "headrace_job_wait_seconds")),
            ],
            unit="s",
            bad=60,
        ),
        Panel(
            "Backlog",
            "Claimable entries, and jobs that wait for their time, by PostgreSQL's own count of rows.",
            [("claimable", "max(headrace_jobs_ready)"), ("delayed", "max(headrace_jobs_delayed)")],
        ),
        Panel(
            "Busiest apps",
            "Ends a second of the ten apps with the most.",
            [("{{app}}", f"topk(10, {rate(FINISHED, 'app')})")],
            unit="ops",
            stacked=True,
        ),
        outcomes(
            "Attempts that did not end a job",
            "Parked in waits, retried, stopped, handed over, lost to another worker.",
            "headrace_attempts_left_total",
        ),
        Panel(
            "HTTP requests",
            "Answers a second, by status.",
            [("{{status}}", rate("headrace_http_requests_total", "status"))],
            unit="reqps",
            stacked=True,
        ),
        Panel(
            "HTTP time",
            "95 % of the requests of a route are faster. Streams and waits last by design.",
            [("{{route}}", quantile(0.95, "headrace_http_request_duration_seconds", "route"))],
            unit="s",
        ),
        Panel(
            "Rescued jobs",
            "Jobs that went back to the queue because their worker died.",
            [("rescued", "sum(rate(headrace_jobs_rescued_total[$__rate_interval]))")],
            unit="ops",
            bad=0.1,
        ),
    ],
)
IN_QUEUE = 'queue=~"$queue"'
QUEUES = Dashboard(
    "headrace-queues",
    "queues",
    "What waits where, and how fast it is taken.",
    [
        Panel(
            "Claimable",
            "Counted up to a bound (docs/metrics.md), so a long queue looks flat.",
            [("{{queue}} {{priority}}", f"max by (queue, priority) (headrace_queue_depth{{{IN_QUEUE}}})")],
            stacked=True,
        ),
        Panel(
            "Age of the oldest",
            "How long the first job has been claimable. Alert and scale on this.",
            [("{{queue}} {{priority}}", f"max by (queue, priority) (headrace_queue_oldest_seconds{{{IN_QUEUE}}})")],
            unit="s",
            warn=60,
            bad=300,
        ),
        Panel(
            "Waiting, 95 %",
            "From when a job could start until it did, by queue and priority.",
            [("{{queue}} {{priority}}", quantile(0.95, "headrace_job_wait_seconds", "queue, priority", IN_QUEUE))],
            unit="s",
        ),
        Panel(
            "Started",
            "First attempts a second, by queue.",
            [("{{queue}}", rate("headrace_jobs_started_total", "queue", IN_QUEUE))],
            unit="ops",
            stacked=True,
        ),
        Panel(
            "Ended",
            "Ended jobs a second, by queue.",
            [("{{queue}}", rate(FINISHED, "queue", IN_QUEUE))],
            unit="ops",
            stacked=True,
        ),
        Panel(
            "In a slot, 95 %",
            "Time of an attempt, by queue.",
            [("{{queue}}", quantile(0.95, "headrace_attempt_duration_seconds", "queue", IN_QUEUE))],
            unit="s",
        ),
        Panel(
            "Claims",
            "By what they found. Many empty ones under load mean that workers look for each other's jobs.",
            [("{{result}}", rate("headrace_claims_total", "result"))],
            unit="ops",
        ),
        Panel(
            "Looks for a whole round",
            "Scrapes until every queue was seen once: what the panels on depth show may be so many scrapes old.",
            [("looks", "max(headrace_queue_round_looks)")],
        ),
        Panel("Jobs a claim", "More at once is cheaper for the database.", [("mean", average("headrace_claim_jobs"))]),
        CLAIM,
        Panel(
            "Limits",
            "Jobs that wait for their concurrency key, and permits of keys, queues and apps that are held.",
            [("waiting for a key", "max(headrace_jobs_blocked)"), ("permits held", "max(headrace_permits_used)")],
        ),
        Panel(
            "Jobs a batch of ends",
            "More at once is cheaper for the database.",
            [("mean", average("headrace_finish_jobs"))],
        ),
        FINISH,
        Panel(
            "Late by the clock",
            "How late the most overdue of the delayed jobs is. Workers move them when they look.",
            [("overdue", "max(headrace_delayed_overdue_seconds)")],
            unit="s",
            warn=5,
            bad=30,
        ),
        outcomes(
            "Runs of schedules",
            "What became of runs that were due: made, missed, overlapping, or failed since their event is gone.",
            "headrace_schedule_runs_total",
            stacked=True,
        ),
        Panel(
            "Runs made late",
            "From when a run was to be made until its job was there; and the most overdue schedule at a last look.",
            [
                ("p95", quantile(0.95, "headrace_schedule_lag_seconds")),
                ("overdue", "max(headrace_schedule_overdue_seconds)"),
            ],
            unit="s",
            warn=5,
            bad=60,
        ),
        outcomes(
            "Messages to the broker",
            "Confirmed, or refused and put aside for a while; none where there is no broker.",
            "headrace_outbox_messages_total",
        ),
        oldest(
            "Waiting for the broker",
            "Age of the oldest message in the outbox.",
            "headrace_outbox_oldest_seconds",
        ),
        outcomes(
            "Events to listeners",
            "Delivered as jobs of listeners, or dropped since their app has no such listener any more.",
            "headrace_events_total",
        ),
        oldest(
            "Waiting for listeners",
            "Age of the oldest event. One of a record waits as long as the listener's job before it runs or is stopped.",
            "headrace_events_oldest_seconds",
        ),
    ],
    (QUEUE,),
)
IN_LANGUAGE = 'language=~"$language"'
SCRIPTS = Dashboard(
    "headrace-scripts",
    "scripts and sandbox",
    "What scripts do, what they cost, and what the sandbox ends.",
    [
        Panel(
            "Runs",
            "Runs of scripts that ended, by how.",
            [("{{language}} {{outcome}}", rate("headrace_scripts_total", "language, outcome", IN_LANGUAGE))],
            unit="ops",
            stacked=True,
        ),
        Panel(
            "Wall time",
            "Of one run, from its start to its end or its parking.",
            [
                ("{{language}} p50", quantile(0.5, "headrace_script_duration_seconds", "language", IN_LANGUAGE)),
                ("{{language}} p95", quantile(0.95, "headrace_script_duration_seconds", "language", IN_LANGUAGE)),
            ],
            unit="s",
        ),
        Panel(
            "Start",
            "Until a child process was there for a script, 95 %. High values mean that no warm child was left.",
            [("{{language}}", quantile(0.95, "headrace_script_start_duration_seconds", "language", IN_LANGUAGE))],
            unit="s",
            warn=0.1,
            bad=0.5,
        ),
        Panel(
            "CPU",
            "Seconds of CPU a second: cores that scripts keep busy.",
            [("{{language}}", rate("headrace_script_cpu_seconds_total", "language", IN_LANGUAGE))],
            unit="none",
        ),
        Panel(
            "Memory",
            "In use at the end of a run beyond an empty process, 95 %.",
            [("{{language}}", quantile(0.95, "headrace_script_memory_bytes", "language", IN_LANGUAGE))],
            unit="bytes",
        ),
        Panel(
            "Killed",
            "Scripts that the sandbox ended, by the limit that they passed, and other jobs whose time was over, by type. "
            "`protocol` may be an attack.",
            [
                ("{{limit}}", f"{rate('headrace_script_kills_total', 'limit')} or vector(0)"),
                ("{{type}}", f"{rate('headrace_job_timeouts_total', 'type')} or vector(0)"),
            ],
            unit="ops",
            bad=1,
        ),
        Panel(
            "Host calls",
            "By name, those that the journal answered not among them.",
            [("{{method}}", f"topk(15, {rate('headrace_host_calls_total', 'method')})")],
            unit="ops",
            stacked=True,
        ),
        Panel(
            "Replayed calls",
            "Calls whose reply came from the journal: after waits, retries, hand-overs and crashes.",
            [("calls", "sum(rate(headrace_journal_replayed_calls_total[$__rate_interval]))")],
            unit="ops",
        ),
        Panel(
            "Logs that were cut",
            "Runs whose log reached its limit.",
            [("{{limit}}", f"{rate('headrace_script_logs_cut_total', 'limit')} or vector(0)")],
            unit="ops",
        ),
        Panel(
            "Layers of the sandbox",
            "1 where every worker's self-test found that the layer holds.",
            [("{{layer}}", "min by (layer) (headrace_sandbox_layer)")],
            kind="stat",
            width=24,
        ),
    ],
    (LANGUAGE,),
)
OF_TYPE = 'type=~"$type", app=~"$app"'
ONE_TYPE = Dashboard(
    "headrace-type",
    "one job type",
    "Everything about jobs of a type, by app.",
    [
        Panel(
            "Ends by outcome",
            "Jobs of the type that workers ended.",
            [("{{outcome}}", rate(FINISHED, "outcome", OF_TYPE))],
            unit="ops",
            stacked=True,
        ),
        Panel(
            "Ends by app",
            "Ended jobs a second, by app.",
            [("{{app}}", rate(FINISHED, "app", OF_TYPE))],
            unit="ops",
            stacked=True,
        ),
        Panel(
            "Failed by app",
            "Share of the jobs whose end set their error flag.",
            [
                (
                    "{{app}}",
                    f"({rate(FINISHED, 'app', OF_TYPE + ', outcome=' + chr(34) + 'failed' + chr(34))}"
                    f" / ({rate(FINISHED, 'app', OF_TYPE)} > 0)) or vector(0)",
                )
            ],
            unit="percentunit",
            warn=0.05,
            bad=0.2,
        ),
        Panel(
            "Started",
            "First attempts a second, by queue.",
            [("{{queue}}", rate("headrace_jobs_started_total", "queue", OF_TYPE))],
            unit="ops",
            stacked=True,
        ),
        Panel(
            "In a slot",
            "Time of an attempt.",
            [
                (f"p{q}", quantile(q / 100, "headrace_attempt_duration_seconds", "", 'type=~"$type"'))
                for q in (50, 95, 99)
            ],
            unit="s",
        ),
        Panel(
            "Slots that the type keeps busy",
            "Time in slots a second.",
            [("{{type}}", rate("headrace_attempt_duration_seconds_sum", "type", 'type=~"$type"'))],
            unit="none",
        ),
    ],
    (TYPE, APP),
)
HERE = 'instance=~"$instance"'
WORKER = Dashboard(
    "headrace-workers",
    "workers",
    "Each process by itself.",
    [
        Panel(
            "Slots in use",
            "Of each worker, against what it has.",
            [
                ("{{instance}} used", f"headrace_worker_slots_used{{{HERE}}}"),
                ("{{instance}} slots", f"headrace_worker_slots{{{HERE}}}"),
            ],
        ),
        Panel(
            "Ended",
            "Jobs a second of each worker.",
            [("{{instance}}", rate(FINISHED, "instance", HERE))],
            unit="ops",
            stacked=True,
        ),
        Panel(
            "Event loop lag",
            "How much later than asked for a process woke. Above a heartbeat, workers are taken for dead.",
            [("{{instance}}", f"headrace_event_loop_lag_seconds{{{HERE}}}")],
            unit="s",
            warn=0.5,
            bad=5,
        ),
        Panel(
            "Workers that died",
            "Found dead by other workers.",
            [("buried", "sum(increase(headrace_workers_buried_total[$__rate_interval]))")],
            bad=1,
        ),
        Panel(
            "Jobs of dead workers",
            "Rescued ones run again; given up are those of which worker after worker died.",
            [
                ("rescued", "sum(increase(headrace_jobs_rescued_total[$__rate_interval]))"),
                ("given up", "sum(increase(headrace_jobs_given_up_total[$__rate_interval]))"),
            ],
            bad=1,
        ),
        Panel(
            "Lost claims",
            "Attempts that another worker had taken over: their results were dropped.",
            [("lost", 'sum(rate(headrace_attempts_left_total{outcome="lost"}[$__rate_interval]))')],
            unit="ops",
            bad=0.1,
        ),
        Panel(
            "LISTEN",
            "Times that a process lost its connection for wake-ups. Polling goes on.",
            [("{{instance}}", f"increase(headrace_listen_disconnects_total{{{HERE}}}[$__rate_interval])")],
        ),
        POOL,
        Panel(
            "Versions",
            "Processes by version.",
            [("{{version}}", "count by (version) (headrace_build_info)")],
            stacked=True,
        ),
    ],
    (INSTANCE,),
)
DATABASE = Dashboard(
    "headrace-database",
    "database health",
    "PostgreSQL as the queue needs it.",
    [
        UP,
        Panel(
            "Size",
            "Tables, indexes and large objects, as of their last vacuum.",
            [("bytes", "max(headrace_database_bytes)")],
            unit="bytes",
            kind="stat",
            width=10,
        ),
        Panel(
            "Oldest transaction",
            "Keeps vacuum from cleaning up; seen only as far as this user may see others'.",
            [("age", "max(headrace_oldest_snapshot_seconds)")],
            unit="s",
            kind="stat",
            width=10,
            warn=300,
            bad=3600,
        ),
        Panel(
            "Dead rows",
            "Of the live table. Rising without end means that vacuum cannot follow.",
            [("dead", "max(headrace_dead_rows)")],
            warn=200_000,
            bad=1_000_000,
        ),
        CLAIM,
        FINISH,
        POOL,
        Panel(
            "Size over time", "What the history grows by.", [("bytes", "max(headrace_database_bytes)")], unit="bytes"
        ),
        Panel(
            "Failed claims",
            "Claims that met an outage or an error.",
            [("failed", 'sum(rate(headrace_claims_total{result="failed"}[$__rate_interval]))')],
            unit="ops",
            bad=0.1,
        ),
    ],
)
CHOSEN = "app in (${app:sqlstring})"
RECENT = f"{CHOSEN} and id >= headrace_views.id_at($__timeFrom()) and $__timeFilter(created_at)"
SQL = Dashboard(
    "headrace-sql",
    "job history by SQL",
    "The views of docs/sql.md, with no Prometheus at all.",
    [
        Panel(
            "Ended an hour",
            "Jobs, and those with errors.",
            kind="timeseries",
            width=12,
            sql=f"""
select hour as time, sum(jobs) as jobs, sum(with_errors) as with_errors from headrace_views.job_throughput
where {CHOSEN} and $__timeFilter(hour) group by hour order by hour""",
        ),
        Panel(
            "Time of a job",
            "Mean waiting and running, by the hour of the end.",
            kind="timeseries",
            width=12,
            unit="ms",
            sql=f"""
select hour as time, sum(avg_waiting_ms * jobs) / sum(jobs) as waiting, sum(avg_running_ms * jobs) / sum(jobs) as running
from headrace_views.job_throughput where {CHOSEN} and $__timeFilter(hour) group by hour order by hour""",
        ),
        Panel(
            "Waiting now",
            "By app, queue and priority.",
            kind="table",
            width=12,
            sql=f"""
select app, queue, priority, waiting, delayed, running, parked, stopped, round(oldest_s) as oldest_s
from headrace_views.queue_depth where {CHOSEN} order by oldest_s desc nulls last limit 50""",
        ),
        Panel(
            "Workers",
            "As of their last heartbeat.",
            kind="table",
            width=12,
            sql="""
select name, version, used, slots, draining, round(heartbeat_age_s, 1) as heartbeat_age_s, jobs
from headrace_views.worker_activity order by name""",
        ),
        Panel(
            "Latest errors",
            "A click on the id opens the job in the API.",
            kind="table",
            width=24,
            job_links=True,
            sql=f"""
select ended_at, app, id, type, name, code, message, path, line from headrace_views.job_errors
where {RECENT} order by ended_at desc limit 50""",
        ),
        Panel(
            "Most frequent errors",
            "By code and message.",
            kind="table",
            width=12,
            sql=f"""
select coalesce(code, 'logged') as code, message, count(*) as jobs, max(ended_at) as last
from headrace_views.job_errors where {RECENT} group by 1, 2 order by jobs desc limit 20""",
        ),
        Panel(
            "By name",
            "How long jobs take and how many fail.",
            kind="table",
            width=12,
            sql=f"""
select app, type, name, count(*) as jobs, round(100.0 * count(*) filter (where has_errors) / count(*), 1) as percent_failed,
    round(percentile_cont(0.5) within group (order by running_ms)) as p50_ms,
    round(percentile_cont(0.95) within group (order by running_ms)) as p95_ms
from headrace_views.job_durations where {RECENT} group by app, type, name order by jobs desc limit 50""",
        ),
        Panel(
            "Longest",
            "Single jobs, with a link to each.",
            kind="table",
            width=24,
            job_links=True,
            sql=f"""
select app, id, type, name, status, has_errors, run_by, round(waiting_ms) as waiting_ms, round(running_ms) as running_ms
from headrace_views.job_history where {RECENT} and ended_at is not null order by running_ms desc nulls last limit 50""",
        ),
    ],
    (SQL_APP, API),
    since="now-2d",
    sources=("postgres",),
)

DASHBOARDS = (OVERVIEW, QUEUES, SCRIPTS, ONE_TYPE, WORKER, DATABASE, SQL)


def files() -> dict[str, str]:
    """The dashboards' files, name to text."""
    return {
        f"{found.uid.removeprefix('headrace-')}.json": json.dumps(found.to_json(), indent=1) + "\n"
        for found in DASHBOARDS
    }


if __name__ == "__main__":
    for name, text in files().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
