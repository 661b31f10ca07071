# One record: complains about what is missing. Its response is not kept in the results.
missing = [name for name in ['country', 'address'] if not record.field(name).val()]
if missing:
    sys.jobs.logError(record.label() + ' has no ' + ' and no '.join(missing))
return len(missing)
