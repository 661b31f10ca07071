# Waits for one job in any of two statuses, for several jobs with one deadline, and for one that takes too long.
one = sys.data.executeAction('companies', {'type': 'a'}, 'addScore', {'points': 2})
job = sys.jobs.waitForJob(one, ['FINISHED', 'STOPPED'], 60000)
log(job.label() + ' is ' + job.status())

several = [sys.data.executeAction('companies', {'type': size}, 'countByCountry', {}) for size in ['a', 'b']]
sys.jobs.waitForJobs(several, 'FINISHED', 60000)
log('both counts are there')

slow = sys.data.executeGlobalAction(None, 'slowCountPython', {'steps': 30, 'pause': 100})
try:
    sys.jobs.waitForJob(slow, 'FINISHED', 500)
except Exception as e:
    log('gave up after half a second: ' + sys.exceptions.getCode(e))
return sys.jobs.waitForJob(slow, 'FINISHED', 60000).results()
