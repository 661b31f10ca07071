# aim: the reader behind a result set
# kind: escape
# source: own
return 'BROKEN' if sys.jobs.find({})._read else None
