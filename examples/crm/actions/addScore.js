// One record: adds params.points, 1 if there are none, to the company's score.
var points = params.points === undefined || params.points === null ? 1 : Number(params.points);
record.field('score').val((record.field('score').val() || 0) + points);
sys.data.save(record);
return record.field('score').val();
