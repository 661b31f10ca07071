"""The scripts of bench/chaos.py: 20 effects each, the same in both languages.

5 saves of an own record, 6 log lines, 1 increment of a record that others increment as well, 2 kinds of children
(an action, two chunks) that are awaited and increment the own record, 2 flags, progress, 2 pauses. Each line of
the log also goes into the results: both must be the same, whoever wrote the one and returned the other.
"""

JAVASCRIPT = """
var seen = [];
function note(text) {
  var line = [text, Date.now(), Math.random(), new Date().toISOString(), Object.keys({b: 1, a: 2})].join(' ');
  seen.push(line);
  log(line);
}
function increment(id, field) {
  for (;;) {
    var company = sys.data.findById('companies', id);
    company.field(field).val(company.field(field).val() + 1);
    try { sys.data.save(company); return; }
    catch (e) { if (sys.exceptions.getCode(e) != 'optimisticLocking') throw e; }
  }
}
for (var k = 0; k < 5; k++) {
  increment(params.own, 'visits');
  note('saved ' + k);
  if (k == 1) sys.utils.script.wait(30);
}
increment(params.shared, 'score');
var child = sys.data.executeAction('companies', {id: params.own}, 'countVisit', {});
sys.jobs.setLowPriority(child);
sys.jobs.removeLowPriority(child);
var status = sys.jobs.waitForJob(child, 'FINISHED').status();
sys.jobs.setProgress(50, 'half');
var ids = sys.jobs.executeInJob([1, 2], 'default', function (item) {
  increment(params.own, 'visits');
  return item * 10 + params.n;
});
var values = sys.jobs.waitForJobs(ids, 'FINISHED').map(function (job) { return job.results().results.response; });
note([status, child, ids, JSON.stringify(values)].join(' '));
sys.utils.script.wait(20);
return {seen: seen};
"""

PYTHON = """
import datetime, json, random, time
seen = []

def note(text):
    moment = datetime.datetime.now()
    line = ' '.join([text, str(time.time()), str(random.random()), moment.isoformat(), str({'b', 'a', 'c'})])
    seen.append(line)
    log(line)

def increment(id, field):
    while True:
        company = sys.data.findById('companies', id)
        company.field(field).val(company.field(field).val() + 1)
        try:
            sys.data.save(company)
            return
        except ScriptException as e:
            if e.code() != 'optimisticLocking':
                raise

def share(item):
    increment(params['own'], 'visits')
    return item * 10 + params['n']

for k in range(5):
    increment(params['own'], 'visits')
    note('saved ' + str(k))
    if k == 1:
        sys.utils.script.wait(30)
increment(params['shared'], 'score')
child = sys.data.executeAction('companies', {'id': params['own']}, 'countVisit', {})
sys.jobs.setLowPriority(child)
sys.jobs.removeLowPriority(child)
status = sys.jobs.waitForJob(child, 'FINISHED').status()
sys.jobs.setProgress(50, 'half')
ids = sys.jobs.executeInJob([1, 2], 'default', share)
values = [job.results()['results']['response'] for job in sys.jobs.waitForJobs(ids, 'FINISHED')]
note(' '.join([status, child, str(ids), json.dumps(values)]))
sys.utils.script.wait(20)
return {'seen': seen}
"""

SCRIPTS = {"chaos.js": JAVASCRIPT, "chaos.py": PYTHON}
