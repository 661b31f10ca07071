// Splits a list over child jobs, eight items each, and waits for all of them.
var ids = sys.data.find('companies', {type: 'a'}).toArray().map(function (company) {
  return company.id();
});
var jobIds = sys.jobs.executeInJob(ids, 'default', function (id) {
  var company = sys.data.findById('companies', id);
  sys.jobs.logInfo('looking at ' + company.label());
  return company.field('blocks').val();
}, 8);
log(ids.length + ' companies in ' + jobIds.length + ' jobs');
sys.jobs.waitForJobs(jobIds, 'FINISHED', 60000);
return jobIds.length;
