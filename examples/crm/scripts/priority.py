# Starts three jobs that let others go first, then one that does not wait for them; takes the flag off one again.
patient = [
    sys.data.executeAction('companies', {'type': 'b'}, 'checkQuietly', {'number': number}, {'lowPriority': True})
    for number in [1, 2, 3]
]
urgent = sys.data.executeAction('companies', {'type': 'a'}, 'logSomething', {'param1': 'now', 'param2': 'please'})
first = sys.jobs.findById(patient[0])
if first.status() == 'PENDING':
    sys.jobs.removeLowPriority(patient[0])
sys.jobs.waitForJob(urgent, 'FINISHED', 60000)
log('the urgent job is done')
sys.jobs.waitForJobs(patient, 'FINISHED', 60000)
log('the patient ones are done, too')
return len(patient)
