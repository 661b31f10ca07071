// Waits for one job in any of two statuses, for several jobs with one deadline, and for one that takes too long.
var one = sys.data.executeAction('companies', {type: 'a'}, 'addScore', {points: 2});
var job = sys.jobs.waitForJob(one, ['FINISHED', 'STOPPED'], 60000);
log(job.label() + ' is ' + job.status());

var several = ['a', 'b'].map(function (size) {
  return sys.data.executeAction('companies', {type: size}, 'countByCountry', {});
});
sys.jobs.waitForJobs(several, 'FINISHED', 60000);
log('both counts are there');

var slow = sys.data.executeGlobalAction(null, 'slowCount', {steps: 30, pause: 100});
try {
  sys.jobs.waitForJob(slow, 'FINISHED', 500);
} catch (e) {
  log('gave up after half a second: ' + sys.exceptions.getCode(e));
}
return sys.jobs.waitForJob(slow, 'FINISHED', 60000).results();
