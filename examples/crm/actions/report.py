# Global: starts an action for each size class in the background, waits for all of them and puts the answers together.
sizes = params.get('sizes') or ['a', 'b']
ids = [sys.data.executeAction('companies', {'type': size}, 'largest', {'size': 3}) for size in sizes]
jobs = sys.jobs.waitForJobs(ids, 'FINISHED', 120000)
report = {}
for size, job in zip(sizes, jobs):
    report[size] = job.results()['results']['response']
return report
