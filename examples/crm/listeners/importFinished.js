// A job event: says how many rows an import brought in.
var job = sys.jobs.findById(event.jobId);
var results = job.results();
log(job.label() + ': ' + results.rowsImported + ' rows, ' + results.rowsWithErrors + ' with errors');
