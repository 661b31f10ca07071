# GET /stats: how many companies there are, by size class.
stats = {'all': sys.data.count('companies', {})}
for size in ['a', 'b', 'c', 'd']:
    stats[size] = sys.data.count('companies', {'type': size})
return stats
