# Splits a list over child jobs, eight items each, and waits for all of them.
ids = [company.id() for company in sys.data.find('companies', {'type': 'a'}).toArray()]

def look(id):
    company = sys.data.findById('companies', id)
    sys.jobs.logInfo('looking at ' + company.label())
    return company.field('blocks').val()

jobIds = sys.jobs.executeInJob(ids, 'default', look, 8)
log(str(len(ids)) + ' companies in ' + str(len(jobIds)) + ' jobs')
sys.jobs.waitForJobs(jobIds, 'FINISHED', 60000)
return len(jobIds)
