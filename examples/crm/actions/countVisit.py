# One record: counts a visit. Somebody else may save the company meanwhile: then the count starts from theirs.
company = record
while True:
    company.field('visits').val((company.field('visits').val() or 0) + 1)
    try:
        sys.data.save(company)
        return company.field('visits').val()
    except Exception as e:
        if sys.exceptions.getCode(e) != 'optimisticLocking':
            raise
        company = sys.data.findById('companies', company.id())
