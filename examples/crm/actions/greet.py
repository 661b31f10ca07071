# One record: a greeting for a contact, with the company's name if there is one.
company = record.field('company').val()
text = 'Hello ' + record.label()
if company:
    text = text + ' of ' + sys.data.findById('companies', company).label()
sys.jobs.logInfo(text)
return text
