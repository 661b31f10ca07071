# ruff: noqa: F821
# logs the name of the job executing the script

job = sys.jobs.getCurrentJob()
log("job id: " + job.label())
