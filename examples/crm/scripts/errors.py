# Starts an action that throws on both of its tries, and reads what is left of that: the error flag and the logs.
jobId = sys.data.executeGlobalAction(None, 'failingPython', {'color': 'mauve'})
job = sys.jobs.waitForJob(jobId, 'FINISHED', 60000)
log(job.label() + ' has errors: ' + str(job.hasErrors()) + ', attempts: ' + str(job.attempt()))
logs = job.logs({'level': 'ERROR'})
while logs.hasNext():
    log('   ' + logs.next().message())
return job.results()
