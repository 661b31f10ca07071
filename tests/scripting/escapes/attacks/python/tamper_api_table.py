# aim: the table of the API
# kind: tamper
# source: own
if params['turn'] == 1:
    sys.jobs.find = lambda query: 'BROKEN'
    sys.jobs.kept = sys.jobs.find
    log.__func__.__defaults__ = None
    log.__self__.__class__.log = lambda self, *values: 'BROKEN'
    return None
return log('x')
