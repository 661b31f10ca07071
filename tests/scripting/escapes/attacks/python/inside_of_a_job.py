# aim: the caller behind a job
# kind: escape
# source: own
return 'BROKEN' if sys.jobs.findById('J1')._calls._host else None
