# aim: sys through datetime
# kind: escape
# source: RestrictedPython docs (allow-listed modules)
import datetime
try:
    return 'BROKEN' if datetime.sys else None
except AttributeError:
    # From Python 3.12 on the module imports sys no more; its loader still does.
    loader = getattr(datetime, '__loader__')
    return 'BROKEN' if getattr(loader.get_data, '__globals__')['sys'].modules else None
