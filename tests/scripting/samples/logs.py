# ruff: noqa: F821
# prints up to 10 logs for the last 3 jobs

jobs = sys.jobs.find({"status": "FINISHED", "_size": 3})
while jobs.hasNext():
    job = jobs.next()
    logs = sys.jobs.logs(job.id(), {"_size": 10})
    log("logs for job [" + job.name() + "]")
    while logs.hasNext():
        entry = logs.next()
        log("   " + entry.level() + ": " + entry.message())
