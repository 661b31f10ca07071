# ruff: noqa: F821
# logs the ID of the job executing the script

jobId = sys.jobs.getCurrentJobId()
log("job id: " + jobId)
