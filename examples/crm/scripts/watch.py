# Starts an action on every company of class a, follows its status, then reads its logs and results.
jobId = sys.data.executeAction('companies', {'type': 'a'}, 'logSomething', {'param1': 'a', 'param2': 'b'})
job = sys.jobs.findById(jobId)
seen = null
while job.status() != 'FINISHED':
    if job.status() != seen:
        seen = job.status()
        log(job.label() + ' is ' + seen)
    sys.utils.script.wait(100)
    job = sys.jobs.findById(jobId)
log(job.label() + ' waited ' + str(job.waiting()) + ' ms and ran for ' + str(job.duration()) + ' ms')
logs = sys.jobs.logs(jobId, {'_size': 5})
while logs.hasNext():
    entry = logs.next()
    log('   ' + entry.level() + ': ' + entry.message())
return len(job.results()['results'])
