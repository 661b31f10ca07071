# A schedule: starts the report in the background, behind everything else.
jobId = sys.data.executeGlobalAction(None, 'report', {}, {'lowPriority': True})
log('report started: ' + jobId)
