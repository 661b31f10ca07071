// One record: adds params.points, 1 if there are none, to the company's score. Somebody else may save the company
// meanwhile: then the score is added to theirs.
var points = params.points === undefined || params.points === null ? 1 : Number(params.points);
var company = record;
while (true) {
  company.field('score').val((company.field('score').val() || 0) + points);
  try {
    sys.data.save(company);
    return company.field('score').val();
  } catch (e) {
    if (sys.exceptions.getCode(e) != 'optimisticLocking') {
      throw e;
    }
    company = sys.data.findById('companies', company.id());
  }
}
