# Cancels a long job while it runs, and shows that a canceled job cannot be resumed.
jobId = sys.data.executeGlobalAction(None, 'slowCountPython', {'steps': 600, 'pause': 100})
sys.jobs.waitForJob(jobId, 'RUNNING', 60000)
sys.jobs.cancel(jobId)
job = sys.jobs.waitForJob(jobId, 'CANCELED', 60000)
log(job.label() + ' is ' + job.status())
try:
    sys.jobs.resume(jobId)
except Exception as e:
    log('resume says ' + sys.exceptions.getCode(e) + ': ' + sys.exceptions.getMessage(e))
return job.status()
