// Starts an action that throws on both of its tries, and reads what is left of that: the error flag and the logs.
var jobId = sys.data.executeGlobalAction(null, 'failing', {color: 'mauve'});
var job = sys.jobs.waitForJob(jobId, 'FINISHED', 60000);
log(job.label() + ' has errors: ' + job.hasErrors() + ', attempts: ' + job.attempt());
var logs = job.logs({level: 'ERROR'});
while (logs.hasNext()) {
  log('   ' + logs.next().message());
}
return job.results();
