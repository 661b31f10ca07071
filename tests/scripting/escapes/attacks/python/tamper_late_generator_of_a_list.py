# aim: the same, kept alive by the script's own globals
# kind: tamper
# source: own
held = []
def late():
    try:
        yield 1
    finally:
        sys.jobs.logInfo('BROKEN')
if params['turn'] == 1:
    g = late()
    next(g)
    held.append((g, held))
    return None
[[n] for n in range(5000)]
return None
