# Global, of companies: how many there are in each size class.
totals = {}
for size in ['a', 'b', 'c', 'd']:
    totals[size] = sys.data.count('companies', {'type': size})
return totals
