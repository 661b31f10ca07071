# ruff: noqa: F821
# adds a log to the last 3 jobs

jobs = sys.jobs.find({"_size": 3})
while jobs.hasNext():
    job = jobs.next()
    sys.jobs.logInfo(job.id(), "this is a test log!")
