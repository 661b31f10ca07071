// Imports the real data set in the background and shows how far it is; leaves it alone if it is there.
var before = sys.data.count('companies', {});
if (before > 0) {
  log('there are ' + before + ' companies already');
  return before;
}
var jobId = sys.data.importRecords('companies', 'data/companies.csv', {});
var job = sys.jobs.findById(jobId);
while (job.status() != 'FINISHED') {
  sys.utils.script.wait(500);
  job = sys.jobs.findById(jobId);
  sys.jobs.setProgress(job.progress(), job.label());
}
log('imported ' + job.results().rowsImported + ' rows, ' + job.results().rowsWithErrors + ' with errors');
return sys.data.count('companies', {});
