// Starts an action on every company of class a, follows its status, then reads its logs and results.
var jobId = sys.data.executeAction('companies', {type: 'a'}, 'logSomething', {param1: 'a', param2: 'b'});
var job = sys.jobs.findById(jobId);
var seen = null;
while (job.status() != 'FINISHED') {
  if (job.status() != seen) {
    seen = job.status();
    log(job.label() + ' is ' + seen);
  }
  sys.utils.script.wait(100);
  job = sys.jobs.findById(jobId);
}
log(job.label() + ' waited ' + job.waiting() + ' ms and ran for ' + job.duration() + ' ms');
var logs = sys.jobs.logs(jobId, {_size: 5});
while (logs.hasNext()) {
  var entry = logs.next();
  log('   ' + entry.level() + ': ' + entry.message());
}
return Object.keys(job.results().results).length;
