// Many records: how many of the companies that the query finds are in each country.
var found = sys.data.find('companies', query);
var counts = {};
var seen = 0;
while (found.hasNext()) {
  var country = found.next().field('country').val() || 'unknown';
  counts[country] = (counts[country] || 0) + 1;
  seen++;
}
sys.jobs.logInfo('counted ' + seen + ' companies');
return counts;
