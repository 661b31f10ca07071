// Global: starts an action for each size class in the background, waits for all of them and puts the answers together.
var sizes = params.sizes || ['a', 'b'];
var ids = sizes.map(function (size) {
  return sys.data.executeAction('companies', {type: size}, 'countByCountry', {});
});
var jobs = sys.jobs.waitForJobs(ids, 'FINISHED', 120000);
var report = {};
for (var i = 0; i < jobs.length; i++) {
  report[sizes[i]] = jobs[i].results().results.response;
}
return report;
