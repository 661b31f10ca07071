# Many records: the names of the companies with the most blocks among those that the query finds.
wanted = dict(query)
wanted['_sortField'] = 'blocks'
wanted['_sortType'] = 'desc'
wanted['_size'] = params.get('size') or 5
names = []
found = sys.data.find('companies', wanted)
while found.hasNext():
    company = found.next()
    names.append(company.label() + ' (' + str(company.field('blocks').val()) + ')')
return names
