-- The role with which Grafana reads the views of docs/sql.md, of every app.
\getenv password READER_PASSWORD
select headrace.make_reader('headrace_reader');
alter role headrace_reader password :'password';
alter role headrace_reader set statement_timeout = '30s';
