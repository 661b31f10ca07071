# ruff: noqa: F821
# executes an action in the background and finds the job for it

job_id = sys.data.executeAction("companies", {"type": "a"}, "logSomething", {"param1": "a", "param2": "b"})
job = sys.jobs.findById(job_id)
log("job: " + job.name())
