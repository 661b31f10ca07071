# ruff: noqa: F821
# logs the ID of the job executing the script

job_id = sys.jobs.getCurrentJobId()
log("job id: " + job_id)
