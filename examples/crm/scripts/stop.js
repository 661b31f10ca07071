// Stops a long job, resumes it and waits for its end.
var jobId = sys.data.executeGlobalAction(null, 'slowCount', {steps: 20, pause: 100});
sys.jobs.waitForJob(jobId, 'RUNNING', 60000);
sys.utils.script.wait(500);
sys.jobs.stop(jobId);
var job = sys.jobs.waitForJob(jobId, 'STOPPED', 60000);
log(job.label() + ' is ' + job.status() + ' at ' + job.progress() + ' %');
sys.jobs.resume(jobId);
job = sys.jobs.waitForJob(jobId, 'FINISHED', 60000);
log(job.label() + ' is ' + job.status() + ' after ' + job.attempt() + ' attempts');
return job.results();
