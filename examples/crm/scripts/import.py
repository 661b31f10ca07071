# Imports the real data set in the background and shows how far it is; leaves it alone if it is there.
before = sys.data.count('companies', {})
if before > 0:
    log('there are ' + str(before) + ' companies already')
    return before
jobId = sys.data.importRecords('companies', 'data/companies.csv', {})
job = sys.jobs.findById(jobId)
while job.status() != 'FINISHED':
    sys.utils.script.wait(500)
    job = sys.jobs.findById(jobId)
    sys.jobs.setProgress(job.progress(), job.label())
results = job.results()
log('imported ' + str(results['rowsImported']) + ' rows, ' + str(results['rowsWithErrors']) + ' with errors')
return sys.data.count('companies', {})
