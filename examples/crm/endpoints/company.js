// GET /companies/{oui}: the company that holds the block.
var oui = request.params.oui.toUpperCase();
var company = sys.data.findOne('companies', {oui: oui});
if (!company) {
  sys.exceptions.throwException('notFound', 'no company holds the block ' + oui);
}
return company.toJson();
