# ruff: noqa: F821
# finds jobs finished with errors

jobs = sys.jobs.find({"status": "FINISHED", "hasErrors": "true", "_size": 10})
while jobs.hasNext():
    job = jobs.next()
    log("job with errors: " + job.name())
